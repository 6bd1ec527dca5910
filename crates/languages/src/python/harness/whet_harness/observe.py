"""Rewrites targets for Instrument::Outcomes: beside the plain body stands an observed copy.

    way = MARK.whet_enter()
    if way is None:    ...the body as it is
    elif way == 1:    the same with its time taken
    else:    the body with every condition, operand, loop, call and `try` seen by the probe

MARK is a constant of the code object (see entries). Names and lines keep their places; the local that
holds `way` has a name that no source can have.
"""

import ast
import copy

from . import counts, entries

_WAY = "\0whet way"
# Calls that look at the frame they are called from.
_SEES_FRAME = {"super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint", "warn", "_getframe", "currentframe", "stack"}
_OPERANDS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def sees_frame(call):
    """Whether a call looks at the frame that it is made from: within the mark it would see another one."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name in _SEES_FRAME or any(keyword.arg == "stacklevel" for keyword in call.keywords)


def rewrite_function(node, constant, probe):
    """Rewrites one definition in place; `constant` stands for its mark, `probe` learns the places."""
    start = 1 if ast.get_docstring(node, clean=False) is not None else 0
    head, body = node.body[:start], node.body[start:]
    if not body:
        return False
    declared = [statement for statement in _own_statements(body) if isinstance(statement, (ast.Global, ast.Nonlocal))]
    body = [_Undeclare().visit(statement) for statement in body]
    here = body[0]
    observed = _observed_body(copy.deepcopy(body), node, constant, probe)
    is_plain = not isinstance(node, ast.AsyncFunctionDef) and not entries._yields(node)
    timed = [_timed(copy.deepcopy(body), constant)] if is_plain else []
    way = ast.Name(_WAY, ast.Load())
    enter = ast.Assign(targets=[ast.Name(_WAY, ast.Store())], value=entries.call(constant, "whet_enter"))
    is_none = ast.Compare(left=way, ops=[ast.Is()], comparators=[ast.Constant(None)])
    is_timed = ast.Compare(left=way, ops=[ast.Eq()], comparators=[ast.Constant(1)])
    otherwise = [ast.If(test=is_timed, body=timed, orelse=observed)] if timed else observed
    choice = ast.If(test=is_none, body=body, orelse=otherwise)
    node.body = head + declared + [entries.locate(enter, here), entries.locate(choice, here)]
    return True


def _own_statements(body):
    waiting = list(body)
    while waiting:
        current = waiting.pop(0)
        yield current
        if not isinstance(current, entries._SCOPES):
            waiting.extend(child for child in ast.iter_child_nodes(current) if isinstance(child, (ast.stmt, ast.ExceptHandler)) or hasattr(child, "body"))


class _Undeclare(ast.NodeTransformer):
    """Takes `global` and `nonlocal` out of a body: they stand before all copies."""

    def generic_visit(self, node):
        return node if isinstance(node, entries._SCOPES) else super().generic_visit(node)

    def visit_Global(self, node):
        return ast.copy_location(ast.Pass(), node)

    visit_Nonlocal = visit_Global


def _timed(body, constant):
    ends = ast.Expr(entries.call(constant, "whet_timed"))
    return ast.Try(body=body, handlers=[], orelse=[], finalbody=[ends])


def _observed_body(body, node, constant, probe):
    transformer = _Observer(constant, probe)
    here = body[0]
    seen = []
    for statement in body:
        visited = transformer.visit(statement)
        seen.extend(visited if isinstance(visited, list) else [visited])
    names = probe.whole.parameters
    arguments = [ast.Name(_WAY, ast.Load())] + [ast.Name(name, ast.Load()) for name in names]
    begins = entries.locate(ast.Assign(targets=[ast.Name(_WAY, ast.Store())], value=entries.call(constant, "whet_begin", *arguments)), here)
    ends = ast.Expr(entries.call(constant, "whet_result", ast.Name(_WAY, ast.Load()), ast.Constant(None)))
    failed = ast.Expr(entries.call(constant, "whet_failed", ast.Name(_WAY, ast.Load())))
    handler = ast.ExceptHandler(type=None, name=None, body=[failed, ast.Raise(exc=None, cause=None)])
    return [begins, ast.Try(body=seen, handlers=[handler], orelse=[ends], finalbody=[])]


def parameters_of(node):
    """Names of all parameters, in order."""
    arguments = node.args
    named = getattr(arguments, "posonlyargs", []) + arguments.args + arguments.kwonlyargs
    starred = [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    return [argument.arg for argument in named + starred]


class _Observer(ast.NodeTransformer):
    """Puts the probe around what is to be seen; nested functions and classes stay plain."""

    def __init__(self, constant, probe):
        self.constant = constant
        self.probe = probe

    def generic_visit(self, node):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.JoinedStr)):
            return node
        return super().generic_visit(node)

    def _wrap(self, node, kind, method, *arguments):
        """A call of the probe at `node`'s place."""
        index = self.probe.add(kind(), node)
        call = entries.call(self.constant, method, ast.Constant(index), *arguments)
        return entries.locate(call, node)

    def _statement(self, index, method, at):
        return entries.locate(ast.Expr(entries.call(self.constant, method, ast.Constant(index))), at)

    def _condition(self, node):
        seen = self.visit(node)
        return self._wrap(node, counts.Branch, "whet_branch", seen)

    def _operand(self, node):
        is_seen = isinstance(node, _OPERANDS) and isinstance(getattr(node, "ctx", None) or ast.Load(), ast.Load)
        if isinstance(node, (ast.Yield, ast.YieldFrom, ast.Await, ast.Starred)) or not is_seen:
            return self.visit(node)
        original = copy.copy(node)
        return self._wrap(original, counts.Value, "whet_value", self.visit(node))

    def _iterated(self, node):
        if isinstance(node, (ast.Constant, ast.Await, ast.Yield, ast.YieldFrom)):
            return self.visit(node)
        original = copy.copy(node)
        return self._wrap(original, counts.Value, "whet_value", self.visit(node))

    def visit_If(self, node):
        node.test = self._condition(node.test)
        node.body = self._body(node.body)
        node.orelse = self._body(node.orelse)
        return node

    def _body(self, statements):
        seen = []
        for statement in statements:
            visited = self.visit(statement)
            seen.extend(visited if isinstance(visited, list) else [visited])
        return seen

    def visit_IfExp(self, node):
        node.test = self._condition(node.test)
        node.body = self.visit(node.body)
        node.orelse = self.visit(node.orelse)
        return node

    def visit_While(self, node):
        index = self.probe.add(counts.Loop(), node)
        here = node
        if not isinstance(node.test, ast.Constant):
            node.test = self._condition(node.test)
        node.body = [self._statement(index, "whet_trip", node.body[0])] + self._body(node.body)
        node.orelse = self._body(node.orelse)
        return [self._statement(index, "whet_loop_entered", here), node]

    def visit_For(self, node):
        index = self.probe.add(counts.Loop(), node)
        iterated = self._iterated(node.iter)
        node.iter = entries.locate(entries.call(self.constant, "whet_loop", ast.Constant(index), iterated), node.iter)
        node.body = self._body(node.body)
        node.orelse = self._body(node.orelse)
        return node

    def _visit_comprehension(self, node):
        for generator in node.generators:
            if not generator.is_async:
                generator.iter = self._iterated(generator.iter)
            generator.ifs = [self._condition(condition) for condition in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.visit(node.key), self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension

    def visit_Try(self, node):
        index = self.probe.add(counts.Try(), node)
        node.body = [self._statement(index, "whet_try_entered", node.body[0])] + self._body(node.body)
        for handler in node.handlers:
            handler.body = [self._statement(index, "whet_caught", handler.body[0])] + self._body(handler.body)
        node.orelse = self._body(node.orelse)
        node.finalbody = self._body(node.finalbody)
        return node

    def visit_Compare(self, node):
        node.left = self._operand(node.left)
        node.comparators = [self._operand(operand) for operand in node.comparators]
        return node

    def visit_BinOp(self, node):
        node.left, node.right = self._operand(node.left), self._operand(node.right)
        return node

    def visit_AugAssign(self, node):
        node.value = self._operand(node.value)
        return node

    def visit_Assign(self, node):
        node.value = self.visit(node.value)
        return node

    def visit_AnnAssign(self, node):
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_Delete(self, node):
        return node

    def visit_Subscript(self, node):
        if isinstance(node.ctx, ast.Load):
            node.value = self._operand(node.value)
            node.slice = self.visit(node.slice)
        return node

    def visit_With(self, node):
        for item in node.items:
            item.context_expr = self.visit(item.context_expr)
        node.body = self._body(node.body)
        return node

    visit_AsyncWith = visit_With

    def visit_Return(self, node):
        value = ast.Constant(None) if node.value is None else self.visit(node.value)
        node.value = entries.locate(entries.call(self.constant, "whet_result", ast.Name(_WAY, ast.Load()), value), node)
        return node

    def visit_Call(self, node):
        function = node.func
        if sees_frame(node):
            return node
        original = copy.copy(node)
        if isinstance(function, ast.Attribute):
            function.value = self._operand(function.value)
        else:
            node.func = self.visit(function)
        node.args = [self._operand(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._operand(keyword.value)
        index = self.probe.add(counts.Call(), original)
        probe = ast.Attribute(value=ast.Constant(self.constant), attr="whet_call", ctx=ast.Load())
        call = ast.Call(func=probe, args=[ast.Constant(index), node.func] + node.args, keywords=node.keywords)
        return entries.locate(call, original)
