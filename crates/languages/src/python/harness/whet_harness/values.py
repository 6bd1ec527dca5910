"""How values of the interpreter's own types, and of subclasses, are read and rebuilt.

A base reads an object's hidden state as a tuple of other objects (`extract`) and builds an equal one
(`create`, then `fill` for what can be part of a cycle), by C code of the interpreter only.
"""

import builtins

__builtins__ = dict(vars(builtins))

import types
from collections import OrderedDict, defaultdict, deque

from . import accessors


class Base:
    """One type's way in and out. `value` is True for immutable values without identity."""

    __slots__ = ("extract", "create", "fill", "value")

    def __init__(self, extract, create, fill=None, value=False):
        self.extract = extract
        self.create = create
        self.fill = fill
        self.value = value


def _flat(pairs):
    found = []
    for key, value in pairs:
        found.append(key)
        found.append(value)
    return found


def _fill_dict(set_item):
    def fill(target, payload):
        for index in range(0, len(payload), 2):
            set_item(target, payload[index], payload[index + 1])

    return fill


def _fill_default(target, payload):
    _DEFAULT_FACTORY.__set__(target, payload[0])
    _fill_dict(dict.__setitem__)(target, payload[1:])


_DEFAULT_FACTORY = defaultdict.__dict__["default_factory"]
_MAXLEN = deque.__dict__["maxlen"].__get__


def _fill_deque(target, payload):
    deque.__init__(target, payload[1:], payload[0])


def _atom(kind):
    return Base(lambda value: (kind.__new__(kind, value),), lambda cls, payload: kind.__new__(cls, payload[0]), value=True)


def _int(kind):
    # `int.__new__(int, x)` would call `__index__` or `__int__` of a subclass.
    plain = int.__add__
    return Base(lambda value: (plain(value, 0),), lambda cls, payload: int.__new__(cls, payload[0]), value=True)


def _members(kind, *names):
    getters = [kind.__dict__[name].__get__ for name in names]
    return lambda value: tuple([getter(value) for getter in getters])


def _reduced(cls):
    """Values whose C `__reduce__` gives the constructor's arguments."""
    reduce = cls.__dict__["__reduce__"]
    new = cls.__new__

    def extract(value):
        return reduce(value)[1]

    return Base(extract, lambda kind, payload: new(kind, *payload), value=True)


def _operator(cls):
    reduce = cls.__dict__["__reduce__"]

    def extract(value):
        function, arguments = reduce(value)[:2]
        if function is cls:
            return (arguments, ())
        # methodcaller and partial forms with keywords
        return (arguments, (tuple(_flat(function.keywords.items())), function.args))

    def create(kind, payload):
        arguments, extra = payload
        if not extra:
            return kind(*arguments)
        keywords, first = extra
        return kind(*first, *arguments, **dict(zip(keywords[::2], keywords[1::2])))

    return Base(extract, create, value=True)


def _iterator(cls):
    """Iterators of the interpreter: what is left in them, by their C `__reduce__`."""
    reduce = cls.__dict__["__reduce__"]

    def extract(value):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = reduce(value)
        state = (parts[2],) if len(parts) > 2 and parts[2] is not None else ()
        return (parts[0], tuple(parts[1]), state)

    def create(kind, payload):
        function, arguments, state = payload
        iterator = function(*arguments)
        if state:
            iterator.__setstate__(state[0])
        return iterator

    return Base(extract, create)


def _decimal(cls):
    text, new = cls.__dict__["__str__"], cls.__new__
    return Base(lambda value: (text(value),), lambda kind, payload: new(kind, payload[0]), value=True)


def _zone(cls):
    key = cls.__dict__["key"].__get__
    return Base(lambda value: (key(value),), lambda kind, payload: kind(payload[0]), value=True)


def _text_buffer(cls):
    get_state, set_state = cls.__dict__["__getstate__"], cls.__dict__["__setstate__"]
    closed = cls.__dict__["closed"].__get__

    def extract(value):
        if closed(value):
            return ("closed",)
        return get_state(value)[:-1]

    def fill(value, payload):
        if payload[0] == "closed" and len(payload) == 1:
            cls.__init__(value)
            cls.close(value)
        else:
            set_state(value, tuple(payload) + (None,))

    return Base(extract, lambda kind, payload: cls.__new__(kind), fill)


def _element(cls):
    """An element of a tree of XML; its children stand in it, not in a list of theirs."""
    get_state, set_state = cls.__dict__["__getstate__"], cls.__dict__["__setstate__"]
    names = ("tag", "attrib", "text", "tail")

    def extract(value):
        state = get_state(value)
        # An element without attributes has no dictionary until it is asked for one.
        state["attrib"] = state["attrib"] or None
        return (*[state[name] for name in names], *state["_children"])

    def fill(value, payload):
        state = dict(zip(names, payload), _children=list(payload[len(names):]))
        set_state(value, {**state, "attrib": state["attrib"] or {}})

    return Base(extract, lambda kind, payload: cls.__new__(kind), fill)


def _array(cls):
    code, data = cls.__dict__["typecode"].__get__, cls.__dict__["tobytes"]
    put = cls.__dict__["frombytes"]

    def create(kind, payload):
        made = cls.__new__(kind, payload[0])
        put(made, payload[1])
        return made

    return Base(lambda value: (code(value), data(value)), create)


def _match(cls):
    read = _members(cls, "re", "string", "pos", "endpos", "regs", "lastindex", "lastgroup")

    def create(kind, payload):
        for found in _matches(*payload[:4]):
            if read(found)[2:] == tuple(payload[2:]):
                return found
        raise ValueError("a match that is not found again")

    return Base(read, create, value=True)


def _matches(pattern, text, start, end):
    """What the pattern's methods find in a text between two places."""
    for find in (pattern.match, pattern.fullmatch):
        found = find(text, start, end)
        if found is not None:
            yield found
    # The first that `search` finds among them.
    yield from pattern.finditer(text, start, end)


def _pattern(cls):
    import re

    read = _members(cls, "pattern", "flags")
    return Base(read, lambda kind, payload: re.compile(payload[0], payload[1] & ~(0 if isinstance(payload[0], str) else 32)), value=True)


def _partial(cls):
    read = _members(cls, "func", "args", "keywords")

    def extract(value):
        function, arguments, keywords = read(value)
        return (function, arguments, tuple(_flat(dict.items(keywords))))

    def create(kind, payload):
        keywords = dict(zip(payload[2][::2], payload[2][1::2]))
        return cls.__new__(kind, payload[0], *payload[1], **keywords)

    return Base(extract, create)


def _lock(cls):
    locked = cls.__dict__.get("locked")
    import threading

    made = threading.Lock if accessors.type_name(cls) == "lock" else threading.RLock
    return Base(lambda value: (bool(locked(value)) if locked else False,), lambda kind, payload: made())


def _random(cls):
    state, put = cls.__dict__["getstate"], cls.__dict__["setstate"]
    return Base(lambda value: (state(value),), lambda kind, payload: cls.__new__(kind), lambda value, payload: put(value, payload[0]))


def _weak(cls):
    def extract(value):
        return (cls.__call__(value),)

    return Base(extract, lambda kind, payload: kind(payload[0]))


def _plain(cls):
    return Base(lambda value: (), lambda kind, payload: cls.__new__(kind))


def _property(cls):
    read = _members(cls, "fget", "fset", "fdel")
    return Base(read, lambda kind, payload: kind(*payload))


def _wrapper(cls):
    read = _members(cls, "__func__")
    return Base(read, lambda kind, payload: kind(*payload))


def _view(cls):
    read = _members(cls, "obj", "format", "readonly", "shape")
    data = cls.__dict__["tobytes"]

    def extract(value):
        parts = read(value)
        return (parts[0], parts[1], parts[2], parts[3], data(value))

    def create(kind, payload):
        made = memoryview(payload[0])
        if made.nbytes != len(payload[4]):
            raise ValueError("a view of a part")
        return made.toreadonly() if payload[2] else made

    return Base(extract, create)


def _exceptions():
    dropped = ("__traceback__", "__context__", "__dict__", "__cause__", "args", "obj", "characters_written",
               "print_file_and_line")
    readers = {}
    cause = BaseException.__dict__["__cause__"].__get__
    arguments = BaseException.__dict__["args"].__get__
    suppress = BaseException.__dict__["__suppress_context__"].__get__

    def members(cls):
        found = readers.get(id(cls))
        if found is None:
            found = readers[id(cls)] = []
            for parent in accessors.type_mro(cls):
                if accessors.is_fixed(parent):
                    for name, value in sorted(accessors.type_dict(parent).items()):
                        if type(value) in (accessors.MEMBER, accessors.GETSET) and name not in dropped:
                            found.append((name, value))
        return found

    def extract(value):
        found = [arguments(value), cause(value), suppress(value)]
        for name, member in members(type(value)):
            try:
                found.append(member.__get__(value))
            except AttributeError:
                found.append(NotImplemented)
        return found

    def create(cls, payload):
        # __new__ of a builtin exception reads its arguments, for OSError even the class.
        for parent in accessors.type_mro(cls):
            if accessors.is_fixed(parent):
                return parent.__new__(cls)
        return BaseException.__new__(cls)

    def fill(target, payload):
        BaseException.__dict__["args"].__set__(target, payload[0])
        if payload[1] is not None:
            BaseException.__dict__["__cause__"].__set__(target, payload[1])
        BaseException.__dict__["__suppress_context__"].__set__(target, payload[2])
        for (name, member), value in zip(members(type(target)), payload[3:]):
            if value is not NotImplemented:
                try:
                    member.__set__(target, value)
                except (AttributeError, TypeError):
                    pass

    return Base(extract, create, fill)


def _install():
    add = accessors.add_base
    add(list, Base(lambda v: list.__getitem__(v, slice(None)), lambda cls, p: list.__new__(cls), list.extend))
    add(dict, Base(lambda v: _flat(dict.items(v)), lambda cls, p: dict.__new__(cls), _fill_dict(dict.__setitem__)))
    add(OrderedDict, Base(lambda v: _flat(OrderedDict.items(v)), lambda cls, p: OrderedDict.__new__(cls), _fill_dict(OrderedDict.__setitem__)))
    add(defaultdict, Base(lambda v: [_DEFAULT_FACTORY.__get__(v)] + _flat(dict.items(v)), lambda cls, p: defaultdict.__new__(cls), _fill_default))
    add(deque, Base(lambda v: [_MAXLEN(v), *deque.__iter__(v)], lambda cls, p: deque.__new__(cls), _fill_deque))
    add(tuple, Base(lambda v: (tuple.__getitem__(v, slice(None)),), lambda cls, p: tuple.__new__(cls, p[0]), value=True))
    add(str, Base(lambda v: (str.__str__(v) if type(v) is str else "".join(str.__iter__(v)),), lambda cls, p: str.__new__(cls, p[0]), value=True))
    add(bytes, Base(lambda v: (bytes.__getitem__(v, slice(None)) if type(v) is bytes else bytes.__add__(v, b""),), lambda cls, p: bytes.__new__(cls, p[0]), value=True))
    add(int, _int(int))
    add(bool, _int(bool))
    add(float, Base(lambda v: (float.__pos__(v),), lambda cls, p: float.__new__(cls, p[0]), value=True))
    add(complex, Base(lambda v: (complex.__pos__(v),), lambda cls, p: complex.__new__(cls, p[0]), value=True))
    add(bytearray, Base(lambda v: (bytes(bytearray.__getitem__(v, slice(None))),), lambda cls, p: bytearray.__new__(cls), lambda v, p: bytearray.extend(v, p[0])))
    add(range, Base(_members(range, "start", "stop", "step"), lambda cls, p: range(*p), value=True))
    add(slice, Base(_members(slice, "start", "stop", "step"), lambda cls, p: slice(*p), value=True))
    add(BaseException, _exceptions())
    add(property, _property(property))
    add(staticmethod, _wrapper(staticmethod))
    add(classmethod, _wrapper(classmethod))
    add(memoryview, _view(memoryview))
    add(types.SimpleNamespace, _plain(types.SimpleNamespace))
    for name in ("date", "datetime", "time", "timedelta"):
        accessors.add_lazy("datetime", name, _reduced)
    accessors.add_lazy("datetime", "timezone", lambda cls: Base(lambda v: cls.__getinitargs__(v), lambda k, p: cls(*p), value=True))
    accessors.add_lazy("datetime", "tzinfo", _plain)
    accessors.add_lazy("decimal", "Decimal", _decimal)
    accessors.add_lazy("zoneinfo", "ZoneInfo", _zone)
    accessors.add_lazy("_io", "StringIO", _text_buffer)
    accessors.add_lazy("_io", "BytesIO", _text_buffer)
    accessors.add_lazy("xml.etree.ElementTree", "Element", _element)
    accessors.add_lazy("array", "array", _array)
    accessors.add_lazy("re", "Pattern", _pattern)
    accessors.add_lazy("re", "Match", _match)
    accessors.add_lazy("functools", "partial", _partial)
    accessors.add_lazy("_thread", "lock", _lock)
    accessors.add_lazy("_thread", "RLock", _lock)
    accessors.add_lazy("_thread", "_local", _plain)
    accessors.add_lazy("_random", "Random", _random)
    for name in ("weakref", "ReferenceType"):
        accessors.add_lazy("builtins", name, _weak)
        accessors.add_lazy("weakref", name, _weak)
    for name in ("itemgetter", "attrgetter", "methodcaller"):
        accessors.add_lazy("operator", name, _operator)
    for cls in iterator_types():
        ITERATORS.add(id(cls))
        if is_rebuilt(cls):
            add(cls, _iterator(cls))


ITERATORS = set()


def is_rebuilt(kind):
    """What is left of a dictionary's or set's iterator can be told, but not such an iterator rebuilt."""
    return not kind.__name__.startswith(("dict_", "set_"))


def iterator_types():
    """Iterator types of the interpreter whose rest can be read without consuming it."""
    import itertools

    empty = {}
    found = [type(iter(source)) for source in ([], (), "", "\u0100", b"", bytearray(), range(0), range(1 << 70), empty, set())]
    found += [type(iter(view)) for view in (empty.values(), empty.items())]
    found += [type(reversed(source)) for source in ([], empty, empty.values(), empty.items())]
    found += [reversed, enumerate, zip, map, filter]
    found += [kind for kind in vars(itertools).values() if type(kind) is type and "__reduce__" in kind.__dict__]
    return [kind for kind in found if "__reduce__" in kind.__dict__]


_install()
