"""Which attributes of a class hold just what its callers give.

What holds between the attributes of an object is its class's own, so they can't be changed at will. But an attribute that
every method sets to a parameter as it is, or to a constant, and that nothing else changes, may hold whatever a caller gives;
so may the elements of a container that methods only put their parameters into.
"""

import ast
import collections
import os
import sys

from . import accessors

# Methods of containers by which callers' values get into them, and those that only take away.
_PUTS = {"append", "appendleft", "extend", "extendleft", "add", "update", "setdefault"}
_TAKES = {"pop", "popleft", "popitem", "remove", "discard", "clear", "copy"}
# Methods that change nothing.
_ASKS = {"get", "keys", "values", "items", "index", "count", "startswith", "endswith", "join", "split", "strip", "lower", "upper", "format", "isdigit"}
# Functions that change nothing of what they are given.
_READ = {
    "len", "sum", "sorted", "list", "tuple", "set", "dict", "frozenset", "min", "max", "any", "all", "enumerate", "zip", "iter", "map", "filter", "str",
    "repr", "isinstance", "range", "reversed", "int", "float", "bool", "abs", "round", "print", "hash", "id", "format", "callable", "type",
}
_COPIES = {"list", "tuple", "dict", "set", "frozenset"}


def attributes(kind):
    """The names of such attributes of a class written in Python; empty where its source can't be read."""
    return _known(kind)[0]


def settable(kind):
    """Those, and attributes whose values are checked before: what one object of the class holds there another may hold, too."""
    return _known(kind)[1]


def put(kind):
    """What methods put into lists as they are given it: attribute, place in a tuple or none, method, parameter."""
    return _known(kind)[2]


def _known(kind):
    if id(kind) not in _KNOWN:
        # With the class itself, so that its identity stays its own.
        _KNOWN[id(kind)] = (*_attributes(kind), kind)
    return _KNOWN[id(kind)]


_KNOWN = {}


def _attributes(kind):
    found = _Attributes()
    for one in accessors.type_mro(kind):
        if one is object:
            continue
        node = _definition(one)
        if node is None:
            return (), (), ()
        for method in node.body:
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.read(method)
    settable = [name for name in found.given if name not in found.own]
    return tuple([name for name in settable if name not in found.checked]), tuple(settable), tuple(found.put)


def source(kind):
    """The class statement as text; empty where it can't be read."""
    node = _definition(kind)
    return "" if node is None else ast.unparse(node)


def _definition(kind):
    """The class statement, found by the place of its methods."""
    files = {value.__code__.co_filename for value in accessors.type_dict(kind).values() if type(value).__name__ == "function"}
    if len(files) != 1:
        return None
    (file,) = files
    # What others wrote holds together in ways of its own.
    if "/lib/python" in file or file.startswith(os.path.dirname(os.path.dirname(__file__))):
        return None
    statements = tree(file)
    if statements is None:
        return None
    name = accessors.type_name(kind)
    named = [node for node in ast.walk(statements) if isinstance(node, ast.ClassDef) and node.name == name]
    return named[0] if len(named) == 1 else None


def tree(file):
    """The syntax tree of a source file, read once; None where it can't be."""
    if file not in _TREES:
        try:
            with open(file, "rb") as text:
                _TREES[file] = ast.parse(text.read())
        except (OSError, SyntaxError, ValueError, TypeError):
            _TREES[file] = None
    return _TREES[file]


_TREES = {}


def changed_state(state):
    """Answers `(index, name, value)` for each container of an input's state that its module's functions change."""
    for index, (locator, value) in enumerate(state or ()):
        module = sys.modules.get(locator[1]) if locator[0] == "g" else None
        if module is not None and type(value) in (dict, list) and locator[2] in changed_globals(module):
            yield index, locator[2], value


def changed_globals(module):
    """Names at module level whose containers functions of a module change: their contents are what callers make them."""
    name = accessors.module_dict(module).get("__name__")
    if name not in _CHANGED:
        changed = _changed(accessors.module_dict(module).get("__file__"))
        _CHANGED[name] = frozenset(changed) & frozenset(accessors.module_dict(module))
    return _CHANGED[name]


_CHANGED = {}


def _changed(file):
    statements = tree(file)
    if statements is None:
        return
    functions = [node for node in ast.walk(statements) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
            yield node.value.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _PUTS | _TAKES - {"copy"}:
            yield node.value.id
        elif isinstance(node, ast.Global):
            yield from node.names


class _Attributes:
    """What the methods of a class do with its attributes: `given` hold callers' values, `checked` ones that passed a
    check, `own` hold others too."""

    def __init__(self):
        self.given, self.own, self.checked = {}, set(), set()
        # What is put into lists, as `put` answers it.
        self.put = []

    def read(self, method):
        """Takes in one method."""
        parameters = [argument.arg for argument in method.args.posonlyargs + method.args.args + method.args.kwonlyargs]
        if not parameters:
            return
        self.me, self.method, self.parameters = parameters[0], method.name, set(parameters[1:])
        bound = collections.Counter(node.id for node in ast.walk(method) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        taken = [argument.arg for argument in (method.args.vararg, method.args.kwarg) if argument is not None]
        self.values = {name for name in parameters[1:] + taken if name not in bound}
        for loop in ast.walk(method):
            # What a caller's container holds is the caller's as well.
            if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name) and loop.iter.id in self.values:
                names = [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
                self.values.update(name for name in names if bound[name] == 1 and name not in parameters)
        # What is checked first can't be just anything.
        self.parents = {child: node for node in ast.walk(method) for child in ast.iter_child_nodes(node)}
        self.checks = any(isinstance(node, (ast.Raise, ast.Assert)) for node in ast.walk(method))
        for node in ast.walk(method):
            self._node(node)

    def _node(self, node):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bound(target, node.value)
        elif isinstance(node, ast.AnnAssign):
            self._bound(node.target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.AsyncFor, ast.NamedExpr, ast.comprehension)):
            self._changed(node.target)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if self._name(target) is not None:
                    self._changed(target)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._changed(item.optional_vars)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _bound(self, target, value):
        name, inside = self._name(target), self._name(getattr(target, "value", None)) if isinstance(target, ast.Subscript) else None
        if name is not None:
            self._sets(name, [value] if value is not None else [])
        elif inside is not None:
            self._sets(inside, [target.slice, value])
        elif isinstance(target, (ast.Tuple, ast.List)):
            pairs = zip(target.elts, value.elts) if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else ()
            paired = [self._bound(one, of) for one, of in pairs]
            if not paired:
                self._changed(target)
        elif self._name(value) is not None and not (isinstance(target, ast.Name) and self._is_only_read(target.id)):
            self.own.add(self._name(value))

    def _is_only_read(self, alias):
        """Whether a local name for a container changes nothing of it, and hands it to nothing that may."""
        uses = [node for node in self.parents if isinstance(node, ast.Name) and node.id == alias and isinstance(node.ctx, ast.Load)]
        return all(map(self._is_read, uses))

    def _is_read(self, node):
        parent = self.parents[node]
        if isinstance(parent, ast.Subscript):
            return isinstance(parent.ctx, ast.Load)
        if isinstance(parent, ast.Attribute):
            return parent.attr in _ASKS
        if isinstance(parent, ast.Call):
            return isinstance(parent.func, ast.Name) and parent.func.id in _READ
        return isinstance(parent, (ast.For, ast.comprehension, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.If, ast.IfExp, ast.While))

    def _sets(self, name, values):
        is_checked = self.checks and any(isinstance(node, ast.Name) for value in values for node in ast.walk(value))
        if all(self._is_given(value) or self._is_filtered(name, value) for value in values):
            self.given[name] = True
            self.checked.update([name] if is_checked else ())
        else:
            self.own.add(name)

    def _is_filtered(self, name, value):
        """Whether a list is made of some of the attribute's own elements, or a truth is turned round."""
        if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
            return self._name(value.operand) == name
        if not isinstance(value, ast.ListComp) or len(value.generators) != 1 or not isinstance(value.elt, ast.Name):
            return False
        (loop,) = value.generators
        return isinstance(loop.target, ast.Name) and loop.target.id == value.elt.id and self._name(loop.iter) == name

    def _changed(self, target):
        for node in ast.walk(target):
            name = self._name(node)
            if name is not None:
                self.own.add(name)

    def _call(self, node):
        if isinstance(node.func, ast.Attribute):
            name = self._name(node.func.value)
            if name is not None and node.func.attr in ("append", "insert", "appendleft") and node.args:
                self._puts(name, node.args[-1])
            if name is not None and node.func.attr in _PUTS:
                self._sets(name, node.args + [keyword.value for keyword in node.keywords])
            elif name is not None and node.func.attr not in _TAKES | _ASKS:
                self.own.add(name)
        if not (isinstance(node.func, ast.Name) and node.func.id in _READ):
            is_asked = isinstance(node.func, ast.Attribute) and node.func.attr in _ASKS
            for argument in node.args + [keyword.value for keyword in node.keywords]:
                name = self._name(argument)
                if name is not None and not is_asked:
                    self.own.add(name)

    def _puts(self, name, value):
        parts = enumerate(value.elts) if isinstance(value, ast.Tuple) else [(None, value)]
        for place, part in parts:
            if isinstance(part, ast.Name) and part.id in self.values & self.parameters:
                self.put.append((name, place, self.method, part.id))

    def _is_given(self, value):
        """Whether an expression is made of parameters as they are, and constants."""
        if isinstance(value, ast.Name):
            return value.id in self.values
        if isinstance(value, (ast.Tuple, ast.List, ast.Set)):
            return all(self._is_given(member) for member in value.elts)
        if isinstance(value, ast.Dict):
            return all(member is not None and self._is_given(member) for member in value.keys + value.values)
        if isinstance(value, ast.BoolOp):
            return all(self._is_given(member) for member in value.values)
        if isinstance(value, ast.IfExp):
            return self._is_given(value.body) and self._is_given(value.orelse)
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and (value.func.id in _COPIES or value.func.id[:1].isupper()):
            # A copy, or an object made of what was given.
            return all(self._is_given(argument) for argument in value.args) and not value.keywords
        if isinstance(value, ast.UnaryOp):
            return self._is_given(value.operand)
        return isinstance(value, ast.Constant)

    def _name(self, node):
        """The attribute of the object itself that a node is."""
        is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == self.me
        return node.attr if is_own else None
