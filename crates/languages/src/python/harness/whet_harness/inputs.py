"""Inputs of a target taken apart, changed at one place, and encoded again."""

from . import accessors, codec, given, relatives, transcripts
from .decode import Decoder

# Places that one input offers; containers are entered this deep.
MOST_PLACES = 60
DEPTH = 3
# Fields of one record that are changed.
MOST_FIELDS = 8
_CONTAINERS = (list, tuple, dict)
_OURS = ("builtins", "whet_harness.plain", "whet_harness.relatives")
# Members of a container whose types are looked at.
MOST_SEEN = 400
# What is left of a container, and of a text, that is cut.
_FEW, _TEXT = 6, 60


class Input:
    """One call's arguments and state, freshly built."""

    def __init__(self, data):
        self.specials = transcripts.Specials()
        args, keywords, self.state, self.random = Decoder(data, self.specials).run().root
        self.args = list(args)
        self.kwargs = dict(keywords)

    def seen(self, value):
        """A value as its kinds are told: a stream by what it gives."""
        stream = self.specials.found.get(id(value))
        return relatives.OneShot(stream.items) if isinstance(stream, transcripts.Stream) and stream.items is not None else value

    def places(self, fixed):
        """Paths to values that may be changed; of the first `fixed` arguments, such as `self`, only what stands inside.

        A path begins with the argument's position or name; further steps are indexes or keys.
        """
        found = []
        roots = [(number, value) for number, value in enumerate(self.args) if number >= fixed] + list(self.kwargs.items())
        level = [((root,), value) for root, value in roots]
        for number, value in enumerate(self.args[:fixed]):
            level.extend(((number, step), member) for step, member in _members(value, MOST_FIELDS))
        for depth in range(DEPTH):
            found.extend(path for path, _ in level)
            inner = []
            for path, value in level:
                inner.extend((path + (step,), member) for step, member in _members(value, 4 - depth))
            level = inner
        return found[:MOST_PLACES]

    def at(self, path):
        """The value at a path."""
        value = self.args[path[0]] if type(path[0]) is int else self.kwargs[path[0]]
        for step in path[1:]:
            value = _member(value, step)
        return value

    def put(self, path, value):
        """Changes the value at a path; tuples on the way are built anew."""
        if len(path) > 1:
            holder = self.at(path[:-1])
            step = path[-1]
            if type(holder) is list:
                holder[step] = value
                return
            if type(holder) is dict:
                holder[list(holder)[step]] = value
                return
            if not accessors.below(type(holder), tuple):
                object.__setattr__(holder, fields(holder)[step], value)
                return
            members = list(tuple.__iter__(holder))
            members[step] = value
            self.put(path[:-1], tuple.__new__(type(holder), members))
        elif type(path[0]) is int:
            self.args[path[0]] = value
        else:
            self.kwargs[path[0]] = value

    def encode(self, repository):
        """The input's bytes with the number of its leaf values; raises codec.Opaque where there are none."""
        args = tuple(self._real(value, 0) for value in self.args)
        keywords = tuple((name, self._real(value, 0)) for name, value in self.kwargs.items())
        encoder = codec.Encoder(None, repository.scan(), True, self.specials.found)
        encoder.encode(args)
        size = encoder.size
        parts = [encoder.take()]
        for part in (keywords, self.state, self.random):
            encoder.encode(part)
            parts.append(encoder.take())
        return b"t\x04" + b"".join(parts), size

    def _real(self, value, depth):
        """Puts streams and scripted functions in the places of their stand-ins."""
        kind = type(value)
        if kind is relatives.OneShot:
            return self.specials.make(len(self.specials.found), ("stream", list(value.items), None))
        if kind is relatives.Script:
            return self.specials.make(len(self.specials.found), ("callee", value.name, value.values))
        if depth < 2 and kind in _CONTAINERS and _holds_stand_in(value):
            if kind is dict:
                return {key: self._real(member, depth + 1) for key, member in value.items()}
            return kind(self._real(member, depth + 1) for member in value)
        return value


def attributes(value):
    """The attributes of an instance of a class that is written in Python; empty for anything else."""
    if isinstance(value, type) or type(value).__module__ in _OURS:
        return {}
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return {}
    return found if type(found) is dict else {}


def emptied(value):
    """Empties the containers of an object, as most are when it is new; whether there were any.

    All together, for what stands in one may go with what stands in another.
    """
    changed = False
    for name, held in list(attributes(value).items()):
        if type(held) in (list, dict, set) and held:
            object.__setattr__(value, name, type(held)())
            changed = True
    return changed


def doubled(value, depth=0):
    """Puts each element of an object's lists of plain values twice, at any depth; whether there were any.

    What is sorted stays sorted, and lists that go together stay together.
    """
    if depth > 3:
        return False
    if type(value) in (list, tuple):
        return any([doubled(member, depth + 1) for member in value[:_FEW]])
    if type(value) is dict:
        return any([doubled(member, depth + 1) for member in list(value.values())[:_FEW]])
    changed = False
    for name, held in list(attributes(value).items()):
        if type(held) is list and held and all(type(member) in (str, int, float, bytes, bool) for member in held):
            object.__setattr__(value, name, [member for member in held for _ in (0, 1)])
            changed = True
        else:
            changed = doubled(held, depth + 1) or changed
    return changed


def defaults(function):
    """The defaults of a function's parameters, by name."""
    names, values = function.__code__.co_varnames[: function.__code__.co_argcount], function.__defaults__ or ()
    return {**dict(zip(names[len(names) - len(values) :], values)), **(function.__kwdefaults__ or {})}


def cut(value, depth=0):
    """A value with few members in its containers, and short texts; what it holds else stays as it is."""
    kind = type(value)
    if kind in (str, bytes):
        return value[:_TEXT]
    if kind in (list, tuple):
        return kind(cut(member, depth + 1) for member in value[:_FEW]) if depth < 6 else value
    if kind is dict:
        return {key: cut(member, depth + 1) for key, member in list(value.items())[:_FEW]} if depth < 6 else value
    if kind in (set, frozenset):
        return kind(sorted(value, key=repr)[:_FEW])
    return value


def _holds_stand_in(value):
    return any(type(member) in (relatives.OneShot, relatives.Script) for member in contents(value))


def contents(value):
    """What stands in a dictionary, list or tuple; nothing for anything else."""
    kind = type(value)
    return list(value.values()) if kind is dict else value if kind is list or kind is tuple else ()


def _members(value, most):
    """Some members of a container: the first ones, the middle and the last; every field of a record."""
    if is_record(value):
        return [(number, _member(value, number)) for number in range(min(len(fields(value)), MOST_FIELDS))]
    if type(value) not in _CONTAINERS or not value:
        return []
    count = len(value)
    chosen = sorted({0, count - 1, count // 2, 1 % count})[: max(1, most)]
    return [(number, _member(value, number)) for number in chosen]


def _member(value, number):
    kind = type(value)
    if kind is dict:
        return list(value.values())[number]
    if kind is list:
        return value[number]
    return tuple.__getitem__(value, number) if accessors.below(kind, tuple) else object.__getattribute__(value, fields(value)[number])


def members(value):
    """What a record's fields hold, in order."""
    return [_member(value, number) for number in range(len(fields(value)))]


def is_record(value):
    """Whether a value has named fields that may hold anything: a named tuple, a data class's instance, or an object
    with attributes that hold what callers gave (`given`)."""
    return bool(fields(value))


def fields(value):
    """Names of a record's fields that it has, in order; none for anything else, and for one whose fields follow
    from each other (`__post_init__`, fields that `__init__` does not take)."""
    kind = type(value)
    known = _NAMES.get(id(kind))
    if known is None:
        # With the type itself, so that its identity stays its own.
        known = _NAMES[id(kind)] = (_names_of(kind), kind)
    names = known[0]
    if accessors.below(kind, tuple):
        return names if len(names) == tuple.__len__(value) else ()
    own = attributes(value) if names else names
    return names if all(map(own.__contains__, names)) else tuple([name for name in names if _has(value, name)])


_NAMES = {}


def _names_of(kind):
    if accessors.below(kind, tuple):
        names = inherited(kind, "_fields")
        return names if type(names) is tuple else ()
    known = inherited(kind, "__dataclass_fields__")
    if type(known) is not dict and type(kind).__module__ in ("builtins", "abc") and kind.__module__ not in _OURS:
        return given.attributes(kind)
    if type(known) is not dict or inherited(kind, "__post_init__") is not None:
        return ()
    own = [field for field in known.values() if field._field_type.name == "_FIELD"]
    return tuple([field.name for field in own]) if all(field.init for field in own) else ()


def inherited(kind, name):
    """What a class or one that it comes from defines under a name; None if none does."""
    return next((contents[name] for contents in map(accessors.type_dict, accessors.type_mro(kind)) if name in contents), None)


def _has(value, name):
    try:
        object.__getattribute__(value, name)
    except AttributeError:
        return False
    return True


def kinds(value, depth=0, member=None):
    """Exact types in a value, each with where it stands: what counts as observed.

    A place is the depth, and for a member of a record (a value of a dictionary with texts as keys, an item
    of a short tuple) also its key; for an element of a container in a record that key with `[]` behind it.
    """
    kind = type(value)
    found = {(min(depth, 2), member, kind.__module__ + "." + kind.__qualname__)}
    if depth < 3 and (kind in (list, tuple, dict, set, frozenset, relatives.OneShot) or is_record(value)):
        for key, inner in _inside(value, kind, depth, member + "[]" if type(member) is str else None):
            found |= kinds(inner, depth + 1, key)
    return found


def _inside(value, kind, depth, element):
    if kind is relatives.OneShot:
        found = [(element, inner) for inner in value.items]
    elif is_record(value):
        found = [(name, _member(value, number)) for number, name in enumerate(fields(value))]
    elif kind is dict:
        # Of a large one keys and values alike: the first of either alone would tell nothing of the other.
        items = list(value.items())[: MOST_SEEN // 2]
        found = [(element, key) for key, _ in items] + [(key if type(key) is str else element, inner) for key, inner in items]
    elif kind is tuple and depth and len(value) <= 6:
        found = list(enumerate(value))
    else:
        found = [(element, inner) for inner in value]
    return found[:MOST_SEEN]


def is_element(member):
    """Whether a place's key says that an element stands there, which no key names."""
    return member is None or type(member) is str and member.endswith("[]")


def unobserved(found, observed):
    """Those of `kinds` that were not observed; what stands at a key that was never seen may be as anywhere else."""
    new = found - observed
    if not new:
        return new
    keyed = {kind[:2] for kind in observed}
    anywhere = {(depth, name) for depth, _, name in observed}
    return {kind for kind in new if kind[:2] in keyed or (kind[0], kind[2]) not in anywhere}
