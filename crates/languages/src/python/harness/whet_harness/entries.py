"""Puts entry and exit marks into the bodies of target functions.

A marked function stays one function with its own signature, frame and name; its body becomes

    if MARK.whet_enter():
        parameter, other = MARK.whet_given(parameter, other)
    try:
        ...  # `return value` has become `return MARK.whet_returned(None, value)`
    except:
        MARK.whet_failed()
        raise
    else:
        MARK.whet_returned(None, None)

and `@MARK.whet_defined` is its innermost decorator, which answers the function itself. MARK is a
constant of the code object, so no namespace gets a new name. While nothing is watched the marks are
methods of built-in objects and cost some tens of nanoseconds.
"""

import ast
import itertools
import sys
import threading
import types
import weakref

PREFIX = "\0whet mark "
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_answer_second = {}.get
_do_nothing = [].__len__


class Mark:
    """The constant that a marked function calls; one a target.

    `listener.sample(mark, frame)` is called for a call that is looked at and answers an activation or
    None, having said by `skip` how many calls pass before the next look. An activation has the
    methods `returned(value)`, `failed(exception)` and `yielded(value)`, and `streams`, which is None or puts
    stand-ins in the places of arguments.
    """

    def __init__(self, site, kind, listener):
        self.site = site
        self.kind = kind
        self.listener = listener
        self.functions = {}
        self.calls_before = 0
        self._planned = 0
        self._pass = itertools.repeat(None, 0)
        self.forget_activations()
        self.skip(0)

    def __reduce__(self):
        # Code that is pickled by value takes marks along that do nothing where it arrives.
        return (_Unwatched, ())

    # What the marked code calls.

    def whet_defined(self, function):
        code = function.__code__
        known = self.functions.setdefault(code, [])
        try:
            known.append(weakref.ref(function))
        except TypeError:
            return function
        if len(known) > 16:
            del known[:8]
        return function

    def _returned(self, _none, value):
        activation = self._leave(sys._getframe(1))
        if activation is not None:
            activation.returned(value)
        return value

    def _result(self, _none, value):
        activation = self.active.get(id(sys._getframe(1)))
        if activation is not None:
            activation.pending = (value,)
        return value

    def _failed(self):
        activation = self._leave(sys._getframe(1))
        if activation is not None:
            activation.failed(sys.exc_info()[1])

    def _done(self):
        activation = self._leave(sys._getframe(1))
        if activation is not None and activation.pending is not None:
            activation.returned(activation.pending[0])

    def _yielded(self, _none, value):
        activation = self.active.get(id(sys._getframe(1)))
        if activation is not None:
            activation.yielded(value)
        return value

    def _sent(self, _none, value):
        activation = self.active.get(id(sys._getframe(1)))
        if activation is not None:
            activation.sent(value)
        return value

    def _delegated(self, _none, value):
        activation = self.active.get(id(sys._getframe(1)))
        return value if activation is None else _Delegate(iter(value), activation)

    # What listeners use.

    def skip(self, calls):
        """Lets `calls` calls pass before the next one is looked at."""
        with self._lock:
            planned, passing = self._planned, self._pass
            self._planned = calls
            self._pass = itertools.repeat(None, calls)
            # Made of the interpreter's own iterators throughout: a chain that has to ask Python code for an
            # iterator lets another thread in, which finds it at its end.
            self.whet_enter = itertools.chain(self._pass, map(self._look, itertools.repeat(None))).__next__
            # Read last: other threads went through the old ones until now.
            self.calls_before += planned - passing.__length_hint__()

    def _look(self, _none):
        """Stands after the calls that pass: one look, and the listener skips anew."""
        with self._lock:
            self.calls_before += 1
        frame = sys._getframe(1)
        activation = self.listener.sample(self, frame)
        if activation is None:
            return None
        self.watch(frame, activation)
        return activation.streams

    def whet_given(self, *values):
        """Arguments with stand-ins for the streams among them, after `whet_enter` has said that there are some."""
        streams = self.active[id(sys._getframe(1))].streams
        return tuple([streams.in_place(value) for value in values])

    def calls(self):
        """Counts the calls so far, those in flight included."""
        return self.calls_before + self._planned - self._pass.__length_hint__()

    def watch(self, frame, activation):
        """Tells `activation` how this frame ends."""
        activation.frame = frame
        with self._lock:
            self.active[id(frame)] = activation
            self.whet_returned = self._returned
            self.whet_result = self._result
            self.whet_failed = self._failed
            self.whet_done = self._done
            self.whet_yielded = self._yielded
            self.whet_sent = self._sent
            self.whet_delegated = self._delegated

    def function_of(self, frame):
        """Finds the function object that runs in `frame`; None where it can't be told from others."""
        alive = [function for function in (known() for known in self.functions.get(frame.f_code, ())) if function is not None]
        names = frame.f_code.co_freevars
        if not names:
            return alive[-1] if alive else None
        seen = frame.f_locals
        for function in reversed(alive):
            if all(_cell_holds(cell, seen, name) for cell, name in zip(function.__closure__ or (), names)):
                return function
        return None

    def forget_activations(self):
        """Drops what is in flight, as in a forked child."""
        # Finalizers and signal handlers of the workload may call a target at any place, this one among them.
        self._lock = threading.RLock()
        self.active = {}
        self._rest()

    def _leave(self, frame):
        activation = self.active.pop(id(frame), None)
        if activation is not None:
            activation.frame = None
            with self._lock:
                if not self.active:
                    self._rest()
        return activation

    def _rest(self):
        self.whet_returned = self.whet_result = self.whet_yielded = self.whet_sent = self.whet_delegated = _answer_second
        self.whet_failed = self.whet_done = _do_nothing


class _Delegate:
    """What `yield from` drives in the place of another iterator: it does the same, and its values are told."""

    def __init__(self, iterator, activation):
        self._iterator = iterator
        self._activation = activation

    def __iter__(self):
        return self

    def __next__(self):
        value = next(self._iterator)
        self._activation.yielded(value)
        return value

    def __getattr__(self, name):
        # `send` and `throw` exist only where the other iterator has them.
        found = getattr(self._iterator, name)
        if name in ("send", "throw"):
            self._activation.sent(name)
        return found


class _Unwatched:
    whet_enter = whet_failed = whet_done = staticmethod(_do_nothing)
    whet_returned = whet_result = whet_yielded = whet_sent = whet_delegated = staticmethod(_answer_second)

    def whet_defined(self, function):
        return function


def _cell_holds(cell, seen, name):
    try:
        value = cell.cell_contents
    except ValueError:
        return name not in seen
    return name in seen and seen[name] is value


def marker(sites, listener, marks, make=Mark):
    """Answers the `rewrite` and `finish` for hook.install; found targets are added to `marks`.

    `sites` maps a file to the targets in it; `make` makes a mark of a target, its kind and the listener.
    """

    def rewrite(tree, path):
        for site in sites[path]:
            found = find(tree, site.qualname, site.line)
            if found is None:
                continue
            node, in_class = found
            index = len(marks)
            marks.append(make(site, kind_of(node, in_class), listener))
            mark_function(node, PREFIX + str(index))
        return tree

    def finish(code, path):
        return exchange(code, marks)

    return rewrite, finish


class _Uninterested:
    def sample(self, mark, frame):
        mark.skip(1 << 40)


def cost_of_marks(clock):
    """Nanoseconds that the marks of a call cost which nobody looks at, measured here and now."""
    source, rounds, spaces = "def f(x):\n    return x\n", range(1000), ({}, {})
    marks = []
    rewrite, finish = marker({"": [_Anywhere]}, _Uninterested(), marks)
    exec(compile(source, "", "exec"), spaces[0])
    exec(finish(compile(rewrite(ast.parse(source), ""), "", "exec"), ""), spaces[1])

    def least(function):
        taken = []
        for _ in range(5):
            begin = clock()
            for _ in rounds:
                function(None)
            taken.append(clock() - begin)
        return min(taken)

    plain, marked = [least(space["f"]) for space in spaces]
    return max(0, marked - plain) / len(rounds)


class _Anywhere:
    qualname, line = "f", 0


def find(tree, qualname, line):
    """Finds a definition by qualified name, the one at `line` before others; `(node, in a class)`."""
    found = []

    def visit(node, prefix, in_class):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                name = prefix + child.name
                if name == qualname:
                    found.append((child, in_class))
                visit(child, name + ".<locals>.", False)
            elif isinstance(child, ast.ClassDef):
                visit(child, prefix + child.name + ".", True)
            else:
                visit(child, prefix, in_class)

    visit(tree, "", False)
    at_line = [entry for entry in found if first_line(entry[0]) == line]
    return (at_line or found or [None])[-1]


def first_line(node):
    """The first line of a definition, decorators included."""
    return min([node.lineno] + [decorator.lineno for decorator in node.decorator_list])


def kind_of(node, in_class):
    """Names a definition's kind as capture.Target has it."""
    generator = _yields(node)
    if isinstance(node, ast.AsyncFunctionDef):
        return "asyncgen" if generator else "coroutine"
    if generator:
        return "generator"
    names = {decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)}
    for kind in ("classmethod", "staticmethod"):
        if kind in names:
            return kind
    return "method" if in_class else "function"


def _own_nodes(node):
    waiting = list(node.body)
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, _SCOPES):
            waiting.extend(ast.iter_child_nodes(current))


def _yields(node):
    return any(isinstance(child, (ast.Yield, ast.YieldFrom)) for child in _own_nodes(node))


def mark_function(node, constant):
    """Rewrites one definition in place; `constant` stands for its mark until the code is compiled."""
    transformer = _Exits(constant, isinstance(node, ast.AsyncFunctionDef) and _yields(node))
    body, place = node.body, 0
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        place = 1
    here = body[min(place, len(body) - 1)]
    rest = [transformer.visit(statement) for statement in body[place:]]
    flat = []
    for statement in rest:
        flat.extend(statement if isinstance(statement, list) else [statement])
    flat = flat or [ast.copy_location(ast.Pass(), here)]
    handler = ast.ExceptHandler(type=None, name=None, body=[_statement(constant, "whet_failed"), ast.Raise(exc=None, cause=None)])
    ends = _statement(constant, "whet_returned", ast.Constant(None), ast.Constant(None))
    whole = ast.Try(body=flat, handlers=[handler], orelse=[ends], finalbody=[])
    if transformer.deferred:
        whole = ast.Try(body=[whole], handlers=[], orelse=[], finalbody=[_statement(constant, "whet_done")])
    node.body = body[:place] + [locate(_entry(constant, node.args), here), locate(whole, here)]
    definition = node.lineno if not node.decorator_list else node.decorator_list[-1].lineno
    decorator = ast.Attribute(value=ast.Constant(constant), attr="whet_defined", ctx=ast.Load())
    node.decorator_list.append(locate(decorator, node, definition))


def _entry(constant, parameters):
    names = [parameter.arg for parameter in parameters.posonlyargs + parameters.args + parameters.kwonlyargs]
    names += [parameter.arg for parameter in (parameters.vararg, parameters.kwarg) if parameter is not None]
    enter = call(constant, "whet_enter")
    if not names:
        return ast.Expr(enter)
    given = call(constant, "whet_given", *[ast.Name(name, ast.Load()) for name in names])
    put = ast.Assign(targets=[ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())], value=given)
    return ast.If(test=enter, body=[put], orelse=[])


def _statement(constant, method, *arguments):
    return ast.Expr(call(constant, method, *arguments))


def call(constant, method, *arguments):
    """The call of a mark's method; `constant` stands for the mark until the code is compiled."""
    function = ast.Attribute(value=ast.Constant(constant), attr=method, ctx=ast.Load())
    return ast.Call(func=function, args=list(arguments), keywords=[])


def locate(new, at, line=None):
    """Gives every new node the place of `at`; nodes with a place keep it."""
    line = line or at.lineno
    for node in ast.walk(new):
        if "lineno" in node._attributes and not hasattr(node, "lineno"):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = at.col_offset
    return new


class _Exits(ast.NodeTransformer):
    """Marks the returns and yields of one scope."""

    def __init__(self, constant, async_generator):
        self.constant = constant
        self.async_generator = async_generator
        self.guarded = 0
        self.deferred = False

    def generic_visit(self, node):
        if isinstance(node, _SCOPES):
            return node
        return super().generic_visit(node)

    def visit_Return(self, node):
        super().generic_visit(node)
        method = "whet_returned"
        if self.guarded:
            method, self.deferred = "whet_result", True
        value = node.value or ast.Constant(None)
        told = locate(call(self.constant, method, ast.Constant(None), value), node)
        if self.async_generator:
            return [ast.copy_location(ast.Expr(told), node), node]
        node.value = told
        return node

    def visit_YieldFrom(self, node):
        super().generic_visit(node)
        node.value = locate(call(self.constant, "whet_delegated", ast.Constant(None), node.value), node)
        return node

    def visit_Yield(self, node):
        super().generic_visit(node)
        node.value = locate(call(self.constant, "whet_yielded", ast.Constant(None), node.value or ast.Constant(None)), node)
        return locate(call(self.constant, "whet_sent", ast.Constant(None), node), node)

    def _visit_guarded(self, node):
        # What a return leaves behind is complete only after `finally` and `__exit__` have run.
        self.guarded += 1
        try:
            return super().generic_visit(node)
        finally:
            self.guarded -= 1

    visit_With = visit_AsyncWith = _visit_guarded

    def visit_Try(self, node):
        return self._visit_guarded(node) if node.finalbody else super().generic_visit(node)

    visit_TryStar = visit_Try


def exchange(code, marks):
    """Code with its marks in the places of the constants that stood for them."""
    constants = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constant = exchange(constant, marks)
        elif isinstance(constant, str) and constant.startswith(PREFIX):
            constant = marks[int(constant[len(PREFIX) :])]
        constants.append(constant)
    return code.replace(co_consts=tuple(constants))
