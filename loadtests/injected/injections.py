"""The inefficiencies: each takes a place and yields edits that make the same result slower.

`undone_by` names the rules that should find it; an empty list marks one that no rule turns around.
An injection need not be sure that it keeps the behaviour: the package's tests and its workload tell.
"""

import ast

from places import is_call_of, is_method_call

INJECTIONS = []


def injection(*undone_by):
    def register(function):
        function.undone_by = list(undone_by)
        function.title = function.__name__.replace("_", "-")
        INJECTIONS.append(function)
        return function

    return register


@injection("least-without-sorting")
def sorts_for_one(place):
    """`min(x)` as `sorted(x)[0]`."""
    for node in place.nodes(ast.Call):
        for name, index in (("min", 0), ("max", -1)):
            if is_call_of(node, name):
                yield [place.replace(node, f"sorted({place.text(node.args[0]).strip()})[{index}]")]


@injection("short-circuit-any")
def tests_all_items(place):
    """`any(...)` over a list that is built first."""
    for node in place.nodes(ast.Call):
        if (is_call_of(node, "any") or is_call_of(node, "all")) and isinstance(node.args[0], ast.GeneratorExp):
            yield [place.replace(node, f"{node.func.id}([{ast.unparse(node.args[0])[1:-1]}])")]


def spread(place, comprehension, innermost):
    """The lines of a comprehension as nested loops."""
    lines, depth = [], 0
    for clause in comprehension.generators:
        lines.append("    " * depth + f"for {ast.unparse(clause.target).strip('()') if isinstance(clause.target, ast.Tuple) else ast.unparse(clause.target)} in {ast.unparse(clause.iter)}:")
        depth += 1
        for test in clause.ifs:
            lines.append("    " * depth + f"if {ast.unparse(test)}:")
            depth += 1
    return lines + ["    " * depth + innermost]


def results(place, wanted):
    """Statements that return a value or give it to a name, where the value is wanted."""
    for node in place.nodes(ast.Assign, ast.Return):
        if node.value is None or not wanted(node.value) or not place.stands_alone(node):
            continue
        if isinstance(node, ast.Return):
            yield node, place.fresh("result"), True
        elif len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if not any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node.value)):
                yield node, name, False


def rebuilt(place, node, name, returns, first, lines):
    return [place.statement(node, [first, *lines] + ([f"return {name}"] if returns else []))]


@injection("joined-string")
def adds_up_text(place):
    """`"".join(...)` as repeated `+=`."""

    def wanted(value):
        return (
            is_method_call(value, "join") and isinstance(value.func.value, ast.Constant) and value.func.value.value == ""
            and len(value.args) == 1 and isinstance(value.args[0], (ast.GeneratorExp, ast.ListComp))
        )

    for node, name, returns in results(place, wanted):
        comprehension = node.value.args[0]
        yield rebuilt(place, node, name, returns, f'{name} = ""', spread(place, comprehension, f"{name} += {ast.unparse(comprehension.elt)}"))


@injection("comprehension-for-append")
def appends_one_by_one(place):
    """A list comprehension as a loop of `append`."""
    for node, name, returns in results(place, lambda value: isinstance(value, ast.ListComp)):
        yield rebuilt(place, node, name, returns, f"{name} = []", spread(place, node.value, f"{name}.append({ast.unparse(node.value.elt)})"))


@injection("appended-list")
def copies_to_append(place):
    """`x.append(y)` as `x = x + [y]`."""
    for node in place.nodes(ast.Expr):
        call = node.value
        if is_method_call(call, "append") and isinstance(call.func.value, ast.Name) and len(call.args) == 1 and place.loops(node):
            name = call.func.value.id
            if place.assigned(name) and all(isinstance(value, ast.List) for value in place.assigned(name)):
                yield [place.statement(node, [f"{name} = {name} + [{place.text(call.args[0])}]"])]


@injection("appended-list")
def copies_to_append_in_comprehension(place):
    """A list comprehension as a loop of `x = x + [y]`."""
    for node, name, returns in results(place, lambda value: isinstance(value, ast.ListComp)):
        yield rebuilt(place, node, name, returns, f"{name} = []", spread(place, node.value, f"{name} = {name} + [{ast.unparse(node.value.elt)}]"))


@injection("summed-loop")
def sums_in_a_loop(place):
    """`sum(...)` as a loop."""
    for node, name, returns in results(place, lambda value: is_call_of(value, "sum") and isinstance(value.args[0], ast.GeneratorExp)):
        comprehension = node.value.args[0]
        yield rebuilt(place, node, name, returns, f"{name} = 0", spread(place, comprehension, f"{name} += {ast.unparse(comprehension.elt)}"))


@injection("break-when-found")
def goes_on_when_found(place):
    """`any(...)` as a loop that never stops early."""

    def wanted(value):
        return is_call_of(value, "any") and isinstance(value.args[0], ast.GeneratorExp)

    for node, name, returns in results(place, wanted):
        comprehension = node.value.args[0]
        lines = spread(place, comprehension, f"if {ast.unparse(comprehension.elt)}:")
        depth = len(lines[-1]) - len(lines[-1].lstrip()) + 4
        yield rebuilt(place, node, name, returns, f"{name} = False", [*lines, " " * depth + f"{name} = True"])


@injection("compiled-pattern")
def compiles_in_the_call(place):
    """A pattern of the module compiled where it is used."""
    for node in place.nodes(ast.Attribute):
        if not isinstance(node.value, ast.Name) or node.value.id in ("self", "cls"):
            continue
        value = place.constant(node.value.id)
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "re.compile":
            yield [place.replace(node.value, ast.unparse(value))]


@injection("constant-table", "constant-set")
def builds_the_table_in_the_call(place):
    """A table of the module built where it is used."""
    for node in place.nodes(ast.Name):
        value = place.constant(node.id) if isinstance(node.ctx, ast.Load) else None
        if isinstance(value, (ast.Dict, ast.Set, ast.List)) and all(
            isinstance(one, (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.expr_context)) for one in ast.walk(value)
        ):
            if not any(parent is node for parent in (place.function,)):
                yield [place.replace(node, ast.unparse(value))]


@injection("hoisted-import")
def imports_in_the_call(place):
    """An import of the module made in the function."""
    first = next((node for node in place.function.body if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant)), None)
    used = {node.id for node in place.nodes(ast.Name) if isinstance(node.ctx, ast.Load)}
    for node in place.module.body:
        if first is None or not isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "level", 0):
            continue
        for one in node.names:
            name = one.asname or one.name
            if name in used and not place.is_local(name) and place.stands_alone(first):
                head = f"import {one.name}" if isinstance(node, ast.Import) else f"from {node.module} import {one.name}"
                yield [place.before(first, [head + (f" as {one.asname}" if one.asname else "")])]


@injection("needless-copy")
def copies_before_the_loop(place):
    """`for x in xs` over a copy."""
    for node in [*place.nodes(ast.For), *place.nodes(ast.comprehension)]:
        if isinstance(node.iter, (ast.Name, ast.Attribute)):
            yield [place.replace(node.iter, f"list({place.text(node.iter)})")]


@injection("items-for-keys")
def looks_up_while_walking(place):
    """`for k, v in d.items()` as `for k in d` with a look-up."""
    for node in place.nodes(ast.For):
        target = node.target
        if is_method_call(node.iter, "items") and isinstance(target, ast.Tuple) and len(target.elts) == 2 and isinstance(target.elts[0], ast.Name):
            owner = place.text(node.iter.func.value)
            head = f"for {target.elts[0].id} in {owner}:"
            start, _ = place.range(node)
            body_start, _ = place.range(node.body[0])
            margin = " " * node.body[0].col_offset
            if node.body[0].lineno > node.iter.end_lineno:
                value = place.text(target.elts[1])
                yield [type(place.replace(node, ""))(start, body_start, f"{head}\n{margin}{value} = {owner}[{target.elts[0].id}]\n{margin}")]


@injection("items-for-places")
def walks_by_place(place):
    """`for x in xs` as `for i in range(len(xs))` with a look-up."""
    for node in place.nodes(ast.For):
        if isinstance(node.iter, ast.Name) and isinstance(node.target, ast.Name) and node.body[0].lineno > node.iter.end_lineno:
            index, owner = place.fresh("index"), node.iter.id
            start, _ = place.range(node)
            body_start, _ = place.range(node.body[0])
            margin = " " * node.body[0].col_offset
            head = f"for {index} in range(len({owner})):"
            yield [type(place.replace(node, ""))(start, body_start, f"{head}\n{margin}{node.target.id} = {owner}[{index}]\n{margin}")]


@injection("literal-for-call")
def calls_for_a_literal(place):
    """`[]` and `{}` as calls."""
    edits = []
    for node in [*place.nodes(ast.List), *place.nodes(ast.Dict)]:
        is_empty = not node.elts and isinstance(node.ctx, ast.Load) if isinstance(node, ast.List) else not node.keys
        if is_empty:
            edits.append(place.replace(node, "list()" if isinstance(node, ast.List) else "dict()"))
    if edits:
        yield edits


@injection("membership-to-set")
def remembers_in_a_list(place):
    """A local set as a list."""
    for node in place.nodes(ast.Assign):
        if not is_call_of(node.value, "set", 0) or not isinstance(node.targets[0], ast.Name):
            continue
        name = node.targets[0].id
        edits = [place.replace(node.value, "[]")]
        for one in place.nodes(ast.Attribute):
            if isinstance(one.value, ast.Name) and one.value.id == name:
                if one.attr != "add":
                    edits = []
                    break
                edits.append(place.replace(one, f"{name}.append"))
        if len(edits) > 1:
            yield edits


@injection("membership-to-set")
def searches_a_list(place):
    """A collection of the module turned into a list for each search."""
    for node in place.nodes(ast.Compare):
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)) and isinstance(node.comparators[0], (ast.Name, ast.Attribute)):
            yield [place.replace(node.comparators[0], f"list({place.text(node.comparators[0])})")]


@injection("get-for-exception")
def asks_by_exception(place):
    """`d.get(k, v)` as `try` with `except KeyError`."""
    for node in place.nodes(ast.Assign, ast.Return):
        value = node.value
        if value is not None and is_method_call(value, "get") and 1 <= len(value.args) <= 2 and not value.keywords and place.stands_alone(node):
            head = place.data[place.range(node)[0] : place.range(value)[0]].decode()
            missing = place.text(value.args[1]) if len(value.args) == 2 else "None"
            item = f"{place.text(value.func.value)}[{place.text(value.args[0])}]"
            yield [place.statement(node, ["try:", f"    {head}{item}", "except KeyError:", f"    {head}{missing}"])]


@injection("reversed-text")
def turns_text_by_joining(place):
    """`text[::-1]` as a join."""
    for node in place.nodes(ast.Subscript):
        if isinstance(node.slice, ast.Slice) and ast.unparse(node.slice) == "::-1":
            yield [place.replace(node, f'"".join(reversed({place.text(node.value)}))')]


@injection("exact-type-first")
def asks_an_abstract_class(place):
    """`isinstance(x, dict)` by an abstract class."""
    abstract = {"dict": "Mapping", "list": "Sequence", "tuple": "Sequence", "set": "Set"}
    for node in place.nodes(ast.Call):
        if is_call_of(node, "isinstance", 2) and isinstance(node.args[1], ast.Name) and node.args[1].id in abstract:
            name = abstract[node.args[1].id]
            edit = place.replace(node.args[1], f"collections.abc.{name}")
            yield [edit, *place.import_line("import collections.abc")]


@injection("one-call-for-many-prefixes")
def asks_for_each_prefix(place):
    """`s.startswith((a, b))` as several calls."""
    for node in place.nodes(ast.Call):
        for name in ("startswith", "endswith"):
            if is_method_call(node, name) and len(node.args) == 1 and isinstance(node.args[0], ast.Tuple):
                owner = place.text(node.func)
                yield [place.replace(node, "(" + " or ".join(f"{owner}({place.text(one)})" for one in node.args[0].elts) + ")")]


@injection("key-for-comparison")
def sorts_by_comparison(place):
    """`key=` as a comparison function."""
    for node in place.nodes(ast.Call):
        is_sort = isinstance(node.func, ast.Name) and node.func.id == "sorted" or is_method_call(node, "sort")
        for keyword in node.keywords if is_sort else []:
            if keyword.arg == "key":
                key = ast.unparse(keyword.value)
                if isinstance(keyword.value, ast.Lambda) and len(keyword.value.args.args) == 1:
                    name, body = keyword.value.args.args[0].arg, keyword.value.body
                    one, other = renamed(body, name, "one"), renamed(body, name, "other")
                elif isinstance(keyword.value, ast.Name):
                    one, other = f"{key}(one)", f"{key}(other)"
                else:
                    continue
                order = f"functools.cmp_to_key(lambda one, other: ({one} > {other}) - ({one} < {other}))"
                yield [place.replace(keyword.value, order), *place.import_line("import functools")]


def renamed(expression, name, other):
    class Renamer(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.Name(other, node.ctx) if node.id == name else node

    return ast.unparse(Renamer().visit(ast.parse(ast.unparse(expression), mode="eval")))


@injection("invariant-call", "loop-attribute", "repeated-call")
def computes_again(place):
    """A local that holds a value computed once, written out where it is read in a loop."""
    for node in place.nodes(ast.Assign):
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(node.value, (ast.Call, ast.Attribute, ast.Subscript)):
            continue
        if len(place.assigned(target.id)) != 1 or place.loops(node):
            continue
        reads = [one for one in place.nodes(ast.Name) if one.id == target.id and isinstance(one.ctx, ast.Load) and place.loops(one)]
        if reads:
            yield [place.replace(one, ast.unparse(node.value)) for one in reads]


@injection("repeated-call")
def computes_twice(place):
    """A local that is read several times, written out at each."""
    for node in place.nodes(ast.Assign):
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Name) or not isinstance(node.value, ast.Call):
            continue
        if len(place.assigned(target.id)) != 1 or not place.stands_alone(node):
            continue
        reads = [one for one in place.nodes(ast.Name) if one.id == target.id and isinstance(one.ctx, ast.Load)]
        if 2 <= len(reads) <= 4:
            yield [place.replace(one, ast.unparse(node.value)) for one in reads]


@injection("cheap-test-first")
def asks_the_costly_test_first(place):
    """`a and f(b)` with its sides turned."""
    for node in place.nodes(ast.BoolOp):
        if len(node.values) == 2:
            cheap, costly = node.values
            calls = [any(isinstance(one, ast.Call) for one in ast.walk(side)) for side in (cheap, costly)]
            if calls == [False, True] and not any(isinstance(one, (ast.BoolOp, ast.NamedExpr)) for side in node.values for one in ast.walk(side)):
                yield [place.replace(cheap, ast.unparse(costly)), place.replace(costly, ast.unparse(cheap))]


@injection("shallow-copy")
def copies_deeply(place):
    """`list(x)`, `dict(x)` and `x.copy()` as `copy.deepcopy(x)`."""
    for node in place.nodes(ast.Call):
        owner = node.args[0] if is_call_of(node, "list") or is_call_of(node, "dict") else None
        if is_method_call(node, "copy") and not node.args:
            owner = node.func.value
        if owner is not None:
            yield [place.replace(node, f"copy.deepcopy({ast.unparse(owner)})"), *place.import_line("import copy")]


@injection("bulk-method")
def extends_one_by_one(place):
    """`x.extend(y)` as a loop of `append`."""
    for node in place.nodes(ast.Expr):
        call = node.value
        if is_method_call(call, "extend") and len(call.args) == 1 and isinstance(call.func.value, ast.Name) and place.stands_alone(node):
            item = place.fresh("item")
            yield [place.statement(node, [f"for {item} in {ast.unparse(call.args[0])}:", f"    {call.func.value.id}.append({item})"])]


@injection("front-pop-to-deque")
def takes_from_the_front_of_a_list(place):
    """A local deque as a list."""
    methods = {"popleft": "pop", "append": "append", "extend": "extend"}
    for node in place.nodes(ast.Assign):
        if not (isinstance(node.value, ast.Call) and ast.unparse(node.value.func).endswith("deque")) or not isinstance(node.targets[0], ast.Name):
            continue
        name, edits = node.targets[0].id, [place.replace(node.value, f"list({', '.join(ast.unparse(one) for one in node.value.args[:1])})")]
        if len(node.value.args) + len(node.value.keywords) > 1:
            continue
        for one in place.nodes(ast.Call):
            if isinstance(one.func, ast.Attribute) and isinstance(one.func.value, ast.Name) and one.func.value.id == name:
                if one.func.attr == "popleft":
                    edits.append(place.replace(one, f"{name}.pop(0)"))
                elif one.func.attr not in methods:
                    edits = []
                    break
        if len(edits) > 1:
            yield edits


@injection("remembered-results", "remembered-last-call")
def forgets_results(place):
    """A function without its cache."""
    for node in place.function.decorator_list:
        if "cache" in ast.unparse(node):
            start, end = place.range(node)
            yield [type(place.replace(node, ""))(start - 1, place.starts[node.end_lineno] + node.col_offset - 1, "")]


@injection()
def searches_a_dictionary(place):
    """`d[k]` by a walk through the dictionary."""
    for node in place.nodes(ast.Subscript):
        is_item = isinstance(node.ctx, ast.Load) and isinstance(node.value, (ast.Name, ast.Attribute)) and not isinstance(node.slice, (ast.Slice, ast.Constant))
        if is_item:
            owner, key = place.text(node.value), ast.unparse(node.slice)
            yield [place.replace(node, f"next(value_ for key_, value_ in {owner}.items() if key_ == {key})")]


@injection()
def compares_by_text(place):
    """`a == b` by their texts."""
    for node in place.nodes(ast.Compare):
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            sign = "==" if isinstance(node.ops[0], ast.Eq) else "!="
            yield [place.replace(node, f"repr({ast.unparse(node.left)}) {sign} repr({ast.unparse(node.comparators[0])})")]


@injection("len-for-counting")
def counts_by_walking(place):
    """`len(x)` by a walk."""
    for node in place.nodes(ast.Call):
        if is_call_of(node, "len"):
            yield [place.replace(node, f"sum(1 for _ in {ast.unparse(node.args[0])})")]


@injection()
def asks_the_class_by_name(place):
    """`isinstance(x, str)` by the names of its classes."""
    for node in place.nodes(ast.Call):
        if is_call_of(node, "isinstance", 2) and isinstance(node.args[1], ast.Name):
            name = node.args[1].id
            yield [place.replace(node, f'any(kind_.__name__ == "{name}" for kind_ in type({ast.unparse(node.args[0])}).__mro__)')]
