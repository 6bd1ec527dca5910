"""What annotations exclude, at any depth: a value that a function, or a class, says it does not take tells nothing of it.

An annotation that can't be resolved, or that this module doesn't know, excludes nothing. One that a recorded value does not
keep is no promise, and excludes nothing either.
"""

import collections.abc
import types
import typing

from . import given, inputs, relatives

# Members of a container that are looked at, and how deep.
MOST, DEPTH = 5000, 5
# Objects of one list whose forms are looked at, and lengths of tuples above which they may be any.
FEW, MOST_FORMS = 20, 3
_STREAMS = (collections.abc.Iterator, collections.abc.Iterable, collections.abc.Generator)
_WIDER = {float: (float, int), complex: (complex, float, int)}
_BYTES = (bytes, bytearray, memoryview)


class Annotated:
    """The annotations of a function's parameters, and of the constructors of the classes of its arguments."""

    def __init__(self, function):
        code = function.__code__
        hints = promises(function)
        self.hints = dict(hints)
        self.hints.update({place: hints[name] for place, name in enumerate(code.co_varnames[: code.co_argcount]) if name in hints})
        self.broken = set()
        self.classes, self.put = {}, {}
        # Lengths of the short tuples that containers of objects were recorded with, by class, attribute and depth.
        self.forms = {}

    def learn(self, made):
        """Takes in a recorded input: what it does not keep is no promise."""
        self.broken.update(self._breaks(made))
        for place, length in self._tuples(made):
            self.forms.setdefault(place, set()).add(length)

    def holds(self, made):
        """Whether an input keeps all of the promises, and the form of what objects hold: that is their class's own."""
        if not all(promise in self.broken for promise in self._breaks(made)):
            return False
        return all(length in self.forms[place] or len(self.forms[place]) > MOST_FORMS for place, length in self._tuples(made) if place in self.forms)

    @staticmethod
    def _tuples(made):
        """The tuples in the containers of objects, each with where it stands and its length."""
        for value in [*made.args, *made.kwargs.values()]:
            for owner in (value, *(value[:FEW] if type(value) in (list, tuple) else ())):
                for name, held in list(inputs.attributes(owner).items()):
                    level = [held]
                    for depth in range(3):
                        level = [member for one in level for member in inputs.contents(one)][:MOST]
                        yield from (((type(owner).__qualname__, name, depth), len(member)) for member in level if type(member) is tuple)

    def kept(self):
        """The places of parameters whose promise is known and kept."""
        return set(self.hints) - self.broken

    def _breaks(self, made):
        for place, value in [*enumerate(made.args), *made.kwargs.items()]:
            seen = made.seen(value)
            hint = self.hints.get(place)
            if hint is not None and not conforms(seen, hint):
                yield place
            yield from self._fields(seen, 0)

    def _fields(self, value, depth):
        if depth > 3:
            return
        if type(value) in (list, tuple, dict):
            for member in inputs.contents(value)[:MOST]:
                yield from self._fields(member, depth + 1)
            return
        own = inputs.attributes(value)
        for name, hint in self._of_class(type(value)).items() if own else ():
            held = next((own[key] for key in (name, "_" + name) if key in own), ...)
            if held is not ... and not conforms(held, hint):
                yield (type(value).__qualname__, name)
        for name, place, hint in self._put(type(value)) if own else ():
            for member in own[name][:MOST] if type(own.get(name)) is list else ():
                one = member if place is None else member[place] if type(member) is tuple and len(member) > place else ...
                if one is not ... and not conforms(one, hint):
                    yield (type(value).__qualname__, name, place)
        for member in list(own.values()):
            if type(member) in (list, tuple, dict):
                yield from self._fields(member, depth + 1)

    def _put(self, kind):
        """What the annotations of methods say of the elements that they put into lists: attribute, place in a tuple or none, hint."""
        if id(kind) not in self.put:
            found = []
            for name, place, method, parameter in given.put(kind):
                function = inputs.inherited(kind, method)
                hint = promises(function).get(parameter) if type(function) is types.FunctionType else None
                found.extend([(name, place, hint)] if hint is not None else [])
            self.put[id(kind)] = (found, kind)
        return self.put[id(kind)][0]

    def _of_class(self, kind):
        if id(kind) not in self.classes:
            is_data = inputs.inherited(kind, "__dataclass_fields__") is not None
            source = kind if is_data else inputs.inherited(kind, "__init__")
            found = _hints(source) if is_data else promises(source) if type(source) is types.FunctionType else {}
            # With the class itself, so that its identity stays its own.
            self.classes[id(kind)] = (found, kind)
        return self.classes[id(kind)][0]


def allowed(function, data, recorded):
    """Which of the encoded inputs behind so many recorded ones keep what the annotations promise, by their places."""
    known, found = Annotated(function), []
    for number, one in enumerate(data):
        try:
            made = inputs.Input(one)
        except Exception:
            # Whoever asks for it is told why.
            found.extend([number - recorded] if number >= recorded else [])
            continue
        if number < recorded:
            known.learn(made)
        elif known.holds(made):
            found.append(number - recorded)
    return found


def promises(function):
    """The hints of a function's parameters; of one whose default does not keep it none."""
    defaults = inputs.defaults(function)
    hints = {name: hint for name, hint in _hints(function).items() if name != "return"}
    return {name: hint for name, hint in hints.items() if name not in defaults or conforms(defaults[name], hint)}


def _hints(source):
    try:
        return typing.get_type_hints(source)
    except Exception:
        # Names that exist for type checkers alone.
        return {name: hint for name, hint in getattr(source, "__annotations__", {}).items() if not isinstance(hint, str)}


def conforms(value, hint, depth=0):
    """Whether a value may be of an annotated type; true where that can't be told."""
    if hint is typing.Any or hint is object or depth > DEPTH or isinstance(hint, (typing.TypeVar, str)):
        return True
    if hint is None or hint is type(None):
        return value is None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return _is_of(value, hint)
    if origin is typing.Union or origin is getattr(types, "UnionType", ()):
        return any(conforms(value, argument, depth) for argument in arguments)
    if origin is typing.Literal:
        return any(type(value) is type(one) and value == one for one in arguments)
    if origin is getattr(typing, "Annotated", ()):
        return conforms(value, arguments[0], depth)
    if not isinstance(origin, type):
        return True
    if type(value) is relatives.OneShot:
        return origin in _STREAMS and (not arguments or all(conforms(one, arguments[0], depth + 1) for one in value.items[:MOST]))
    return _is_of(value, origin) and _holds(value, origin, arguments, depth + 1)


def _holds(value, origin, arguments, depth):
    """Whether the members of a container may be of annotated types."""
    if isinstance(value, dict):
        if len(arguments) == 1:
            return all(conforms(key, arguments[0], depth) for key in list(value)[:MOST])
        pairs = list(value.items())[:MOST] if len(arguments) == 2 else ()
        return all(conforms(key, arguments[0], depth) and conforms(member, arguments[1], depth) for key, member in pairs)
    if isinstance(value, tuple) and origin is tuple and arguments[-1:] != (...,):
        return len(value) == len(arguments) and all(conforms(*pair, depth) for pair in zip(value, arguments))
    if isinstance(value, (list, tuple, set, frozenset, str, collections.deque)) and arguments[:1]:
        return all(conforms(member, arguments[0], depth) for member in list(value)[:MOST])
    return True


def _is_of(value, kind):
    if not isinstance(kind, type):
        # New types by their own; protocols and the like can't be told.
        return conforms(value, kind.__supertype__) if hasattr(kind, "__supertype__") else True
    if type(value) is relatives.Script:
        return kind in (collections.abc.Callable, types.FunctionType)
    if type(value) is relatives.OneShot:
        return kind in _STREAMS
    try:
        return isinstance(value, _WIDER.get(kind, _BYTES if kind is bytes else kind))
    except TypeError:
        return True
