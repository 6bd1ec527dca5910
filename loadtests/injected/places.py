"""What an injection sees of a function, and how it says what to change.

Edits are made on the text, by the positions of the syntax tree, so that everything else of the file
stays as it was.
"""

import ast
import builtins


class Edit:
    """Bytes of a file from `start` to `end` that become `text`."""

    def __init__(self, start, end, text):
        self.start, self.end, self.text = start, end, text


class Place:
    """A function of a module."""

    def __init__(self, source, function):
        self.source = source
        self.data = source.encode()
        self.module = ast.parse(source)
        self.function = next(node for node in ast.walk(self.module) if same_place(node, function))
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.parents = {child: node for node in ast.walk(self.module) for child in ast.iter_child_nodes(node)}
        self.taken = {node.id for node in ast.walk(self.module) if isinstance(node, ast.Name)} | set(dir(builtins))

    def nodes(self, *kinds):
        """Nodes of the function's own body, in the order of the text, without nested definitions."""
        found = []

        def visit(node):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
                    continue
                if isinstance(child, kinds):
                    found.append(child)
                visit(child)

        for statement in self.function.body:
            if isinstance(statement, kinds):
                found.append(statement)
            if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                visit(statement)
        return found

    def text(self, node):
        return ast.get_source_segment(self.source, node)

    def range(self, node):
        start = self.starts[node.lineno - 1] + node.col_offset
        return start, self.starts[node.end_lineno - 1] + node.end_col_offset

    def replace(self, node, text):
        return Edit(*self.range(node), text)

    def statement(self, node, lines):
        """Lines in the place of a statement that has its lines for itself."""
        margin = " " * node.col_offset
        return Edit(*self.range(node), ("\n" + margin).join(lines))

    def before(self, node, lines):
        start, _ = self.range(node)
        margin = " " * node.col_offset
        return Edit(start, start, "".join(line + "\n" + margin for line in lines))

    def import_line(self, line):
        """The import at the head of the module, or nothing where it is there."""
        if any(self.text(node) == line for node in self.module.body):
            return []
        last = None
        for node in self.module.body:
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if is_text or isinstance(node, ast.ImportFrom) and node.module == "__future__":
                last = node
        at = 0 if last is None else self.range(last)[1]
        return [Edit(at, at, f"\n{line}\n" if last else f"{line}\n")]

    def stands_alone(self, node):
        """Whether a statement begins its line and is none of an `elif` or a one-line block."""
        start = self.starts[node.lineno - 1]
        return not self.data[start : start + node.col_offset].strip() and not self.text(node).startswith("elif")

    def fresh(self, name):
        while name in self.taken:
            name += "_"
        return name

    def is_local(self, name):
        arguments = self.function.args
        parameters = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
        bound = {node.id for node in self.nodes(ast.Name) if isinstance(node.ctx, ast.Store)}
        return name in bound or name in {parameter.arg for parameter in parameters}

    def assigned(self, name):
        """Values that a plain assignment of the function gives to a name; `None` for any other binding."""
        values = []
        for node in self.nodes(ast.Name):
            if node.id == name and isinstance(node.ctx, ast.Store):
                parent = self.parents[node]
                values.append(parent.value if isinstance(parent, ast.Assign) and parent.targets == [node] else None)
        return values

    def constant(self, name):
        """The value of a name that the module assigns once, at its top."""
        if self.is_local(name):
            return None
        assigned = [
            node for node in self.module.body
            if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
        ]
        return assigned[0].value if len(assigned) == 1 else None

    def loops(self, node):
        """Loops of the function that repeat a node, from the inside."""
        found = []
        while node is not self.function:
            parent = self.parents[node]
            if isinstance(parent, (ast.For, ast.While)) and node in parent.body:
                found.append(parent)
            node = parent
        return found


def same_place(node, other):
    return type(node) is type(other) and getattr(node, "lineno", None) == other.lineno and node.col_offset == other.col_offset


def is_call_of(node, name, arguments=1):
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        and len(node.args) == arguments and not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args)
    )


def is_method_call(node, name):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def applied(source, edits):
    """The text with all edits; later places first, so that positions hold."""
    data = source.encode()
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        data = data[: edit.start] + edit.text.encode() + data[edit.end :]
    return data.decode()
