"""Which types generation may put in the place of observed ones.

Inputs of every type would hold a function to what it does by accident: that a loop over no characters
takes an empty list for a text says nothing about texts. So a type that was not observed at a place must
be kin to one that was: equal across types, a plain subclass, another container of the same elements, a
one-shot iterable for a list, None; inside containers also something unhashable. The sources' own type
tests add to that; an annotation takes away what it excludes.
"""

import re

from . import inputs

_NUMBERS = {"builtins.int", "builtins.float", "builtins.bool", "whet_harness.plain.Int", "whet_harness.plain.Float"}
_STREAMS = {
    "whet_harness.relatives.OneShot", "builtins.generator", "builtins.list_iterator", "builtins.tuple_iterator",
    "builtins.zip", "builtins.map", "builtins.filter", "builtins.enumerate",
}
_LISTS = {"builtins.list", "builtins.tuple", "whet_harness.plain.List", "whet_harness.plain.Tuple"}
_SETS = {"builtins.set", "builtins.frozenset", "whet_harness.plain.Set"}
_DICTS = {"builtins.dict", "whet_harness.plain.Dict"}
_TEXTS = {"builtins.str", "whet_harness.plain.Str"}
_BYTES = {"builtins.bytes", "builtins.bytearray", "whet_harness.plain.Bytes"}
_FUNCTIONS = {"whet_harness.relatives.Script", "builtins.function", "builtins.builtin_function_or_method", "builtins.method"}
_NONE = {"builtins.NoneType"}
# What stands near each type that was observed.
_FAMILIES = (
    (_NUMBERS, _NUMBERS),
    (_LISTS, _LISTS | _STREAMS),
    (_STREAMS, _STREAMS | _LISTS),
    (_SETS, _SETS),
    (_DICTS, _DICTS),
    (_TEXTS, _TEXTS),
    (_BYTES, _BYTES),
    (_FUNCTIONS, _FUNCTIONS),
    (_NONE, _NUMBERS | _TEXTS | {"builtins.list", "builtins.dict", "builtins.tuple"}),
)
# Elements of these types may be looked up by hash; a list among them may not.
_HASHABLE = _NUMBERS | _TEXTS | _BYTES | {"builtins.tuple"}

_NAMED = (
    ({"int", "Integral", "SupportsInt", "SupportsIndex"}, {"builtins.int", "builtins.bool", "whet_harness.plain.Int"}),
    ({"float", "Real", "Number", "SupportsFloat", "complex"}, _NUMBERS),
    ({"bool"}, {"builtins.bool"}),
    ({"str", "Text", "LiteralString"}, _TEXTS),
    ({"bytes"}, {"builtins.bytes", "whet_harness.plain.Bytes"}),
    ({"bytearray"}, {"builtins.bytearray"}),
    ({"list", "List", "MutableSequence"}, {"builtins.list", "whet_harness.plain.List"}),
    ({"tuple", "Tuple"}, {"builtins.tuple", "whet_harness.plain.Tuple"}),
    ({"Sequence"}, _LISTS | _TEXTS | _BYTES),
    ({"Iterable", "Collection"}, _LISTS | _STREAMS | _SETS | _DICTS | _TEXTS | _BYTES),
    ({"Iterator", "Generator"}, _STREAMS),
    ({"dict", "Dict", "Mapping", "MutableMapping"}, _DICTS),
    ({"set", "Set", "AbstractSet", "MutableSet", "frozenset", "FrozenSet"}, _SETS),
    ({"Callable"}, _FUNCTIONS),
    ({"None", "Optional", "NoneType"}, _NONE),
    ({"Union"}, set()),
)


def named(text):
    """Types that an annotation's text accepts: those of the value itself and those anywhere inside of it (None where it says
    nothing of these); None if it holds a name that is not known."""
    whole, inside, levels, last = set(), set(), [0], ""
    for part in re.findall(r"[A-Za-z_][\w.]*|\[|\]", text):
        if part == "[":
            levels.append(levels[-1] + (last not in _WRAPPERS))
        elif part == "]":
            levels = levels[:-1] or [0]
        else:
            last = part.rpartition(".")[2]
            types = next((types for names, types in _NAMED if last in names), None)
            if types is None:
                return None
            (inside if levels[-1] else whole).update(types)
    return (whole, inside or None) if whole else None


# What stands around a type and is none itself.
_WRAPPERS = {"Optional", "Union", "Annotated", "Final", "ClassVar"}


class Kin:
    """What a function's parameters may hold beside what they were observed to hold.

    `observed` maps a place among the arguments to `inputs.kinds`; `tests_types` tells that a source asks what it was given. What the
    annotations of `resolved` places exclude is annotated.py's to tell; that of others is read from their text.
    """

    def __init__(self, function, observed, tests_types, resolved=()):
        self.given, self.resolved = set(observed), set(resolved)
        self.observed = _with_defaults(function, observed)
        self.accepted = _accepted(function)
        self.tests_types = tests_types
        self.objects = _of_objects(function)
        self._near = {}

    def holds(self, place, kinds):
        """Whether a value of these `inputs.kinds` is of observed types, or of kin to them."""
        new = inputs.unobserved(kinds, self.observed.get(place, set()))
        if not new:
            return True
        accepted = self.accepted.get(place)
        if accepted is not None and place not in self.resolved and any(not _accepts(accepted, depth, name) for depth, _, name in new):
            return False
        if place not in self.observed or self.tests_types or (accepted is not None and place not in self.given):
            return True
        if place not in self._near:
            self._near[place] = self._nearby(self.observed[place], place in self.objects)
        near = self._near[place]
        return all(self._is_element(place, kind) or _is_near(kind, near) for kind in new)

    def _is_element(self, place, kind):
        """Whether it is an element that no key names, among others than records: containers hold whatever is put into them."""
        depth, member, name = kind
        if not depth or not inputs.is_element(member) or not name.startswith(("builtins.", "whet_harness.")):
            return False
        beside = {name for other, key, name in self.observed[place] if other == depth and key == member}
        return any(name in family and family is not _DICTS for name in beside for family, _ in _FAMILIES)

    def _nearby(self, observed, of_objects):
        """What may stand at each place; the places themselves too."""
        found = {kind[:2] for kind in observed}
        for depth, member, name in observed:
            families = [relations for family, relations in _FAMILIES if name in family]
            # Where an object of some class belongs, None is another protocol.
            near = set().union(_NONE if families else set(), *families)
            if depth:
                near -= _STREAMS - {name}
            if depth and (inputs.is_element(member) or of_objects) and name in _HASHABLE:
                near.add("builtins.list")
            found |= {(depth, member, kin) for kin in near}
            found |= {(depth, None, kin) for kin in near}
        return found


def _accepts(accepted, depth, name):
    whole, inside = accepted
    return name in (inside if depth and inside is not None else whole)


def _with_defaults(function, observed):
    """The observed kinds, and those of a parameter's default: all that is known of one that no call gave."""
    code, found = function.__code__, {place: set(kinds) for place, kinds in observed.items()}
    names = code.co_varnames[: code.co_argcount]
    for name, value in inputs.defaults(function).items():
        for place in (name, names.index(name)) if name in names else (name,):
            found[place] = found.get(place, set()) | inputs.kinds(value)
    return found


def _is_near(kind, near):
    """Whether a type may stand at its place; at a key that was never seen, what may stand anywhere as deep."""
    depth, member, name = kind
    return kind in near or (depth, member) not in near and (depth, None, name) in near


def _accepted(function):
    """What annotations accept, by position and by name."""
    code, found = function.__code__, {}
    for name, annotation in function.__annotations__.items():
        types = named(_text(annotation)) if name != "return" else None
        if types is not None:
            found[name] = types
            if name in code.co_varnames[: code.co_argcount]:
                found[code.co_varnames.index(name)] = types
    return found


def _of_objects(function):
    """Parameters that are annotated to hold any object, by position and by name: what has no hash is one."""
    code, found = function.__code__, set()
    for name, annotation in function.__annotations__.items():
        if name != "return" and "object" in re.findall(r"\w+", _text(annotation)):
            found.add(name)
            if name in code.co_varnames[: code.co_argcount]:
                found.add(code.co_varnames.index(name))
    return found


def _text(annotation):
    if type(annotation) is str:
        return annotation
    return annotation.__name__ if type(annotation) is type else repr(annotation)
