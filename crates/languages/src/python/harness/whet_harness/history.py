"""Calls of an object's methods: states that its callers bring about, and nothing else does.

What methods are called with is taken from the repository's own code, tests included: literals at their call sites, values of
attributes that have a parameter's name, other objects of the class. Nothing of it runs before it is drawn.
"""

import ast
import inspect
import os
import types
import typing

from . import accessors, annotated, given, inputs
from .drawn import Nothing, within

# Functions of which a call only begins something.
LAZY = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
# Files that call sites are looked for in, bytes of one of them, and values of a parameter.
MOST_FILES, MOST_BYTES, MOST_VALUES = 120, 200_000, 20
# What an annotation says where no call site does.
ANNOTATED = {"int": (0, 1, 3, 10), "float": (0.5, 2.0), "str": ("", "a", "b"), "bool": (True, False)}


class Calls:
    """What the code below `roots` passes to functions by their last names: values by position, and by keyword."""

    def __init__(self, roots):
        self.passed = {}
        # Where something is passed that has a name, or is called: it may be an object.
        self.named = set()
        for file in self._files(roots):
            tree = given.tree(file)
            for node in ast.walk(tree) if tree is not None else ():
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    for place, argument in [*enumerate(node.args), *((one.arg, one.value) for one in node.keywords)]:
                        self._see(node.func.attr, place, argument)

    @staticmethod
    def _files(roots):
        found = []
        for root in roots:
            for folder, folders, names in os.walk(root):
                folders[:] = sorted(name for name in folders if name[:1] not in "._" and name != "node_modules")
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    if name.endswith(".py") and os.path.isfile(path) and os.path.getsize(path) <= MOST_BYTES:
                        found.append(path)
                if len(found) >= MOST_FILES:
                    return found[:MOST_FILES]
        return found

    def _see(self, name, place, argument):
        try:
            value = ast.literal_eval(argument)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            self.named.add((name, place))
            return
        known = self.passed.setdefault((name, place), [])
        if len(known) < MOST_VALUES and not any(type(one) is type(value) and one == value for one in known):
            known.append(value)

    def of(self, name, place, parameter):
        """Values that call sites pass for a parameter."""
        return self.passed.get((name, place), []) + self.passed.get((name, parameter), [])


class History:
    """Brings objects into other states by their public methods, the target among them; tells which properties can be set."""

    def __init__(self, roots, random, values, afresh):
        self.roots, self.random, self.values, self.afresh = roots, random, values, afresh
        self.calls = None
        self.known, self.hints = {}, {}
        # Whether no method is called any more.
        self.rests = False

    def methods(self, kind):
        """Methods of a class that can be called."""
        return [] if self.rests else self._public(kind)[0]

    def setters(self, kind):
        """Names of properties that callers may set."""
        return self._public(kind)[1]

    def _public(self, kind):
        if id(kind) not in self.known:
            contents = [entry for one in accessors.type_mro(kind)[::-1] for entry in accessors.type_dict(one).items()]
            public = {name: one for name, one in contents if name[:1] != "_"}
            methods = [one for one in public.values() if type(one) is types.FunctionType and self._is_plain(one)]
            is_usual = inputs.inherited(kind, "__setattr__") is accessors.type_dict(object)["__setattr__"]
            setters = [name for name, one in public.items() if is_usual and type(one) is property and one.fset is not None and one.fget is not None]
            # With the class itself, so that its identity stays its own.
            self.known[id(kind)] = (methods, setters, kind)
        return self.known[id(kind)]

    @staticmethod
    def _is_plain(function):
        code = function.__code__
        return code.co_argcount > 0 and not code.co_flags & (LAZY | inspect.CO_VARKEYWORDS) and not code.co_kwonlyargcount

    def call(self, value, others):
        """Calls a method; `others` are objects that it may be given. What it raises is a caller's business: the object stays as it left it."""
        methods = self.methods(type(value))
        arguments = self._arguments(self.random.choice(methods), value, others) if methods else None
        if arguments is not None:
            function, given_ = arguments
            try:
                function(value, *given_)
            except Exception:
                pass

    def _arguments(self, function, value, others):
        """A method with arguments for it; None where nothing is known of one that it needs."""
        code, arguments, hints = function.__code__, [], self._hints(function)
        required = code.co_argcount - len(function.__defaults__ or ())
        beside = [list(within(value)), self.values.beside()]
        for place, name in enumerate(code.co_varnames[1 : code.co_argcount]):
            hint = hints.get(name, typing.Any)
            pool = [one for one in self._pool(function, place, name, value) if annotated.conforms(one, hint)]
            if not pool:
                is_object = not self.calls.named.isdisjoint({(function.__name__, place), (function.__name__, name)})
                pool = self._objects(value, others, hint) if is_object else []
                if not pool:
                    return (function, arguments) if place + 1 >= required else None
            argument = self._argument((function, place), pool, beside)
            arguments.append(argument if annotated.conforms(argument, hint) else self.random.choice(pool))
        if code.co_flags & inspect.CO_VARARGS:
            for place in range(code.co_argcount - 1, code.co_argcount - 1 + self.random.choice((0, 1, 1, 2, 3))):
                pool = self.calls.of(function.__name__, place, None) or self.calls.of(function.__name__, code.co_argcount - 1, None)
                arguments.extend([self._argument((function, place), pool, beside)] if pool else [])
        return function, arguments

    def _hints(self, function):
        if function not in self.hints:
            self.hints[function] = annotated.promises(function)
        return self.hints[function]

    @staticmethod
    def _objects(value, others, hint):
        """Objects that a method may be given: of the classes that it holds itself, or in containers, or else of its own class."""
        alike = [value, *(one for one in others if type(one) is type(value))]
        level, held = [member for one in alike for member in inputs.attributes(one).values()], []
        for _ in range(3):
            held.extend(member for member in level if inputs.attributes(member))
            level = [member for one in level for member in inputs.contents(one)[:8]]
        kinds = {type(member) for member in held} or {type(value)}
        known = [one for one in [*held, *others] if one is not value]
        return [one for one in known if (type(one) in kinds if hint is typing.Any else annotated.conforms(one, hint))]

    def _argument(self, place, pool, beside):
        """What call sites pass, what stands in the object already or is an argument of the target, or another value of the type."""
        argument, way = self.afresh.few.of(place, pool) if self.afresh.is_made else self.random.choice(pool), self.random.random()
        if self.random.random() < self.afresh.often():
            few = self.afresh.few.like(argument)
            argument = argument if few is None else few
        if way < 0.3:
            like = [one for one in self.random.choice(beside) if type(one) is type(argument)]
            argument = self.random.choice(like) if like else argument
        if way < 0.1 or way > 0.85:
            try:
                return self.values.other(argument)
            except Nothing:
                return argument
        return argument

    def _pool(self, function, place, name, value):
        if self.calls is None:
            self.calls = Calls(self.roots)
        held = [inputs.attributes(value)]
        for member in list(held[0].values()):
            held.extend(inputs.attributes(one) for one in (member[:8] if type(member) is list else ()))
        found = [one[key] for one in held for key in (name, "_" + name) if type(one.get(key)) in (bool, int, float, str)]
        passed = self.calls.of(function.__name__, place, name)
        # As often the one as the other: an owner that is there, and one that a test names.
        found = found * max(1, len(passed) // max(1, len(found))) + passed
        annotation = function.__annotations__.get(name)
        annotation = annotation if type(annotation) is str else getattr(annotation, "__name__", "")
        return found or list(ANNOTATED.get(annotation, ()))
