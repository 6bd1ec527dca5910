"""What kinds of values a target is called with, as seen in recorded calls and said by annotations.

A shape is plain data: a dictionary from a kind of value to what is known of such values, several where
values differ. `{"int": {"low": 0, "high": 9}, "none": {}}` are small whole numbers or None. Whatever is
not made of the interpreter's own plain types is `opaque`, with its type's name.
"""

import types
import typing

from . import inputs

# Members that are looked at, levels that are entered, characters and tuple items that are told apart.
MOST_MEMBERS = 50
DEPTH = 4
MOST_CHARACTERS = 80
LONGEST_TUPLE = 6
# Keys that a record has at most.
MOST_KEYS = 12
# Recorded inputs that are looked at.
MOST_INPUTS = 200

_BARE = {type(None): "none", bool: "bool", float: "float", bytes: "bytes"}
_GROUPS = {list: "list", set: "set", frozenset: "frozenset"}


def of_value(value, depth=0):
    """The shape of one value."""
    kind = type(value)
    if kind in _BARE:
        return {_BARE[kind]: {}}
    if kind is int:
        return {"int": {"low": value, "high": value}}
    if kind is str:
        return {"str": {"characters": "".join(sorted(set(value[:2000]))[:MOST_CHARACTERS]), "longest": len(value)}}
    if depth >= DEPTH:
        return opaque(kind.__qualname__)
    if kind in _GROUPS:
        return {_GROUPS[kind]: {"of": _of_members(_some(value), depth), "longest": len(value)}}
    if kind is tuple:
        if len(value) <= LONGEST_TUPLE:
            return {"tuple": {"items": [of_value(member, depth + 1) for member in value]}}
        return {"tuple": {"of": _of_members(_some(value), depth), "longest": len(value)}}
    if kind is dict and depth and 0 < len(value) <= MOST_KEYS and all(type(key) is str for key in value):
        return {"record": {"members": {key: of_value(member, depth + 1) for key, member in value.items()}, "optional": []}}
    if kind is dict:
        keys, values = _of_members(_some(value.keys()), depth), _of_members(_some(value.values()), depth)
        return {"dict": {"keys": keys, "values": values, "longest": len(value)}}
    return opaque(kind.__qualname__)


def opaque(name):
    """The shape of what can't be made here."""
    return {"opaque": {"name": name}}


def _some(members):
    # The first ones: a set's order follows from the hash seed, which is fixed.
    return [member for member, _ in zip(members, range(MOST_MEMBERS))]


def _of_members(members, depth):
    found = {}
    for member in members:
        found = merged(found, of_value(member, depth + 1))
    return found


def merged(one, other):
    """The shape of what has either shape."""
    found = dict(one)
    for kind, details in other.items():
        found[kind] = _joined(kind, found[kind], details) if kind in found else details
    return found


def _joined(kind, one, other):
    if kind == "int":
        return {"low": min(one["low"], other["low"]), "high": max(one["high"], other["high"])}
    if kind == "str":
        characters = "".join(sorted(set(one["characters"] + other["characters"]))[:MOST_CHARACTERS])
        return {"characters": characters, "longest": max(one["longest"], other["longest"])}
    if kind == "tuple":
        return _joined_tuples(one, other)
    if kind in ("list", "set", "frozenset"):
        return {"of": merged(one["of"], other["of"]), "longest": max(one["longest"], other["longest"])}
    if kind == "dict":
        keys, values = merged(one["keys"], other["keys"]), merged(one["values"], other["values"])
        return {"keys": keys, "values": values, "longest": max(one["longest"], other["longest"])}
    if kind == "record":
        return _joined_records(one, other)
    return one


def _joined_records(one, other):
    """A record with every key of both; those that only one has may be left out."""
    members = dict(one["members"])
    for key, shape in other["members"].items():
        members[key] = merged(members.get(key, {}), shape)
    both = set(one["members"]) & set(other["members"])
    optional = set(members) - both | set(one["optional"]) | set(other["optional"])
    few = dict(list(members.items())[: 2 * MOST_KEYS])
    return {"members": few, "optional": sorted(optional & set(few))}


def _joined_tuples(one, other):
    if "items" in one and "items" in other and len(one["items"]) == len(other["items"]):
        return {"items": [merged(*pair) for pair in zip(one["items"], other["items"])]}
    longest = max(tuple_.get("longest", len(tuple_.get("items", ()))) for tuple_ in (one, other))
    found = {}
    for tuple_ in (one, other):
        for item in tuple_.get("items", [tuple_.get("of", {})]):
            found = merged(found, item)
    return {"of": found, "longest": longest}


def within(shape):
    """The shapes that a shape holds directly."""
    for details in shape.values():
        yield from details.get("items", ())
        yield from details.get("members", {}).values()
        for name in ("of", "keys", "values"):
            if name in details:
                yield details[name]


def opaque_name(shape):
    """The name of a type in the shape whose values can't be made; None if there is none."""
    if "opaque" in shape:
        return shape["opaque"]["name"]
    return next((name for name in map(opaque_name, within(shape)) if name is not None), None)


# Annotations.

_ANNOTATED = {
    type(None): {"none": {}},
    bool: {"bool": {}},
    int: {"int": {"low": 0, "high": 0}},
    float: {"float": {}},
    str: {"str": {"characters": "", "longest": 0}},
    bytes: {"bytes": {}},
}
_ABSTRACT = {"Sequence": "list", "Iterable": "list", "Collection": "list", "MutableSequence": "list", "Mapping": "dict",
             "MutableMapping": "dict", "Set": "set", "AbstractSet": "set", "MutableSet": "set"}


def of_annotation(annotation, depth=0):
    """The shape that an annotation allows; None where it says nothing that can be made from it."""
    if annotation is None or depth >= DEPTH:
        return {"none": {}} if annotation is None else None
    if isinstance(annotation, type) and annotation in _ANNOTATED:
        return _ANNOTATED[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union or origin is getattr(types, "UnionType", ()):
        return _all_of([of_annotation(argument, depth + 1) for argument in arguments])
    if origin is typing.Literal:
        return _all_of([of_value(argument) for argument in arguments])
    kind = _GROUPS.get(origin) or {tuple: "tuple", dict: "dict"}.get(origin) or _ABSTRACT.get(getattr(origin, "__name__", ""))
    if kind is None or not arguments:
        return None
    if kind == "tuple" and arguments[-1] is not Ellipsis:
        items = [of_annotation(argument, depth + 1) for argument in arguments]
        return None if None in items else {"tuple": {"items": items}}
    inner = [of_annotation(argument, depth + 1) for argument in arguments if argument is not Ellipsis]
    if None in inner:
        return None
    if kind == "dict":
        return {"dict": {"keys": inner[0], "values": inner[1], "longest": 0}} if len(inner) == 2 else None
    return {kind: {"of": inner[0], "longest": 0}}


def _all_of(shapes):
    found = {}
    for shape in shapes:
        if shape is None:
            return None
        found = merged(found, shape)
    return found


def annotations(function):
    """Shapes by parameter of a function's annotations, as far as they can be resolved and made."""
    try:
        hints = typing.get_type_hints(function)
    except Exception:
        # Names that exist for type checkers alone.
        hints = {name: hint for name, hint in function.__annotations__.items() if not isinstance(hint, str)}
    found = {name: of_annotation(hint) for name, hint in hints.items() if name != "return"}
    return {name: shape for name, shape in found.items() if shape is not None}


class Form:
    """The commonest way in which a target is called: its places, what stands there, and the calls themselves.

    A place is the position of an argument, or the name of one that is passed by name.
    """

    def __init__(self, function, fixed, recorded):
        self.places, self.bases, self.names, self.shapes = [], [], [], []
        calls = {}
        for data in recorded[:MOST_INPUTS]:
            try:
                made = inputs.Input(data)
            except Exception:
                continue
            places = tuple(range(fixed, len(made.args))) + tuple(made.kwargs)
            calls.setdefault(places, []).append((data, made))
        if not calls:
            return
        self.places = max(calls, key=lambda places: (len(calls[places]), len(places), repr(places)))
        self.bases = [data for data, _ in calls[self.places]]
        self.names = [self._name(function, place) for place in self.places]
        annotated = annotations(function)
        for place, name in zip(self.places, self.names):
            shape = {}
            for _, made in (call for some in calls.values() for call in some if place in places_of(call[1])):
                shape = merged(shape, of_value(made.at((place,))))
            self.shapes.append(merged(shape, annotated.get(name, {})))

    @staticmethod
    def _name(function, place):
        code = function.__code__
        if isinstance(place, str):
            return place
        return code.co_varnames[place] if place < code.co_argcount else "*%d" % place

    def made(self):
        """Indexes of the places whose values can be made."""
        return [index for index, shape in enumerate(self.shapes) if opaque_name(shape) is None]

    def described(self):
        """The shapes of the places whose values can be made."""
        return {"shapes": [self.shapes[index] for index in self.made()]}

    def put(self, base, values):
        """A recorded input with other values in its places; those without a value stay."""
        made = inputs.Input(base)
        for place, value in values.items():
            made.put((self.places[place],), value)
        return made


def places_of(made):
    """The places of one input's arguments."""
    return list(range(len(made.args))) + list(made.kwargs)
