"""The canonical encoding of object graphs: docs/encoding.md describes the bytes.

Encoding calls no method of what it encodes: types are told apart by identity, and contents are read
through the interpreter's own accessors. Objects with identity are numbered in the order in which they
are met, so sharing and cycles show. What can't be seen into is opaque, and named.
"""

import builtins

# Functions of this module keep working when repository code patches `builtins`.
__builtins__ = dict(vars(builtins))

import enum
import functools
import re
import struct
import types

from . import accessors, values
from .accessors import below, layout_of, resolve

MAXIMUM = 2_000_000
_pack = struct.Struct("<d").pack
_EnumMeta = enum.EnumMeta
_function_get = {name: types.FunctionType.__dict__[name].__get__ for name in (
    "__code__", "__defaults__", "__kwdefaults__", "__closure__", "__globals__", "__dict__", "__name__", "__qualname__")}
_cell_get = types.CellType.__dict__["cell_contents"].__get__
_method_get = {name: types.MethodType.__dict__[name].__get__ for name in ("__func__", "__self__")}
_builtin_get = {name: types.BuiltinFunctionType.__dict__[name].__get__ for name in ("__name__", "__qualname__", "__self__")}
_LAZY = {id(kind): name for kind, name in (
    (types.GeneratorType, "generator"), (types.CoroutineType, "coroutine"), (types.AsyncGeneratorType, "async_generator"))}
_DESCRIPTORS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType,
                types.GetSetDescriptorType, types.MemberDescriptorType)


class Unset:
    """Stands for a name that holds nothing."""


UNSET = Unset()


class Opaque(Exception):
    """An input holds something that can't be rebuilt."""


class Raw:
    """Bytes that go out between two objects."""

    __slots__ = ("data",)

    def __init__(self, data):
        self.data = data


class Encoded:
    """What an encoding gives: the bytes, what was opaque, the number of leaf values, the class names met."""

    __slots__ = ("bytes", "opaque", "size", "originals", "classes")

    def __init__(self, data, opaque, size, originals, classes):
        self.bytes = data
        self.opaque = opaque
        self.size = size
        self.originals = originals
        self.classes = classes


def varint(number):
    """An unsigned number, seven bits a byte, low bits first."""
    if number < 128:
        return _BYTE[number]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _int_bytes(value):
    length = (int.bit_length(value) + 8) // 8
    return b"i" + varint(length) + int.to_bytes(value, length, "little", signed=True)


def text(value):
    """The encoding of a `str`."""
    data = str.encode(value, "utf-8", "surrogatepass")
    return b"s" + varint(len(data)) + data


_BYTE = [bytes([number]) for number in range(128)]
_SMALL = {number: _int_bytes(number) for number in range(-128, 1024)}
_NAN = b"d" + struct.pack("<Q", 0x7FF8000000000000)


def float_bytes(value):
    """A float bit for bit; every NaN is one NaN."""
    return b"d" + _pack(value) if value == value else _NAN


class Globals:
    """Which objects are found at module level in the repository, by identity."""

    def __init__(self):
        self.found = {}
        self.places = set()
        self.static = set()
        self.marks = None

    def scan(self, modules, force=False):
        """Looks at the modules' names again where their number has changed."""
        marks = [(id(module), len(accessors.module_dict(module))) for module in modules]
        if marks == self.marks and not force:
            return
        self.marks = marks
        self.found = {}
        for module in modules:
            name = accessors.ALIASES.get(module.__name__, module.__name__)
            for key, value in list(accessors.module_dict(module).items()):
                if not key.startswith("__") and id(type(value)) not in NEVER_NAMED:
                    self.found.setdefault(id(value), (name, key))
                    if len_of(value) > STATIC_LENGTH or _is_foreign(type(value), modules):
                        self.static.add((name, key))
        self.places = set(self.found.values())

    def put(self, module, name, value):
        """Takes over that a name at module level was given another value: it is known by the name like the one before."""
        if (module, name) in self.places and id(type(value)) not in NEVER_NAMED:
            self.found[id(value)] = (module, name)

    def name_of(self, value):
        """The module and name where `value` itself is found, or None."""
        place = self.found.get(id(value))
        if place is not None and resolve(*place) is value:
            return place
        return None


STATIC_LENGTH = 400
NEVER_DATA = {id(kind) for kind in (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, types.MethodType)}
NEVER_NAMED = {id(kind) for kind in (
    type(None), bool, int, float, complex, str, bytes, tuple, frozenset, range, slice, type(...), type(NotImplemented),
    types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, types.MethodType, re.Pattern)}


def _is_foreign(kind, modules):
    """Whether a class of another package has state that is its own business, such as a logger's."""
    if accessors.is_fixed(kind):
        return False
    name = accessors.type_module(kind)
    return name.partition(".")[0] not in {module.__name__.partition(".")[0] for module in modules} and name not in _OPEN_MODULES


_OPEN_MODULES = {"collections", "random", "fractions", "uuid", "pathlib", "pathlib._local", "types", "enum", "datetime", "ipaddress"}


def len_of(value):
    """The length of one of the interpreter's own containers, 0 of anything else."""
    kind = type(value)
    return len(value) if kind is dict or kind is list or kind is set or kind is bytearray else 0


class Numbering:
    """Numbers that objects keep over several encodings, as the calls of a sequence need."""

    def __init__(self):
        self.numbers = {}
        self.objects = []
        # Functions that calls made: known by what they do, in later encodings too.
        self.made = set()

    def add(self, value):
        """Gives the next number to an object met for the first time."""
        number = len(self.objects)
        self.numbers[id(value)] = number
        self.objects.append(value)
        return number


class Encoder:
    """One encoding pass.

    `inputs` keeps also the sharing of immutable objects and refuses what can't be rebuilt.
    `lazy` collects iterators and callables made by the call, to be played as transcripts.
    """

    def __init__(self, numbering=None, globals_=None, inputs=False, special=None, limit=MAXIMUM):
        self.numbering = numbering or Numbering()
        self.globals = globals_
        self.inputs = inputs
        self.special = special or {}
        self.limit = limit
        self.seen = set()
        self.atoms = {}
        self.out = []
        self.opaque = []
        self.lazy = []
        self.size = 0
        self.classes = set()

    def take(self):
        """The bytes since the last take."""
        data = b"".join(self.out)
        self.out = []
        return data

    def encode(self, root):
        """Appends the encoding of `root`."""
        push = self.out.append
        stack = [root]
        pop, put = stack.pop, stack.append
        size = 0
        inputs = self.inputs
        while stack:
            value = pop()
            kind = type(value)
            if kind is Raw:
                push(value.data)
                continue
            size += 1
            if kind is str:
                if len(value) > 40 and inputs and self._same_atom(value):
                    continue
                data = str.encode(value, "utf-8", "surrogatepass")
                push(b"s" + varint(len(data)) + data)
            elif kind is int:
                push(_SMALL.get(value) or _int_bytes(value))
            elif kind is float:
                if value != value and inputs and self._same_atom(value):
                    continue
                push(b"d" + _pack(value) if value == value else _NAN)
            elif value is None:
                push(b"N")
            elif kind is bool:
                push(b"T" if value else b"F")
            elif kind is tuple:
                if inputs and value and self._same_atom(value):
                    continue
                push(b"t" + varint(len(value)))
                stack.extend(value[::-1])
            elif kind is bytes:
                push(b"b" + varint(len(value)) + value)
            else:
                if size + len(stack) > self.limit:
                    raise Opaque("more than %d values" % self.limit)
                self._compound(value, kind, stack)
        self.size += size

    def _same_atom(self, value):
        """Input encodings keep which immutable objects are one object."""
        number = self.atoms.get(id(value))
        if number is None:
            # The value is kept so that no other one gets its id.
            self.atoms[id(value)] = (len(self.atoms), value)
            self.out.append(b"a")
            return False
        self.out.append(b"A" + varint(number[0]))
        return True

    def _number(self, value):
        """Emits a reference, or the number of an object whose content follows. True if content follows."""
        numbers = self.numbering.numbers
        number = numbers.get(id(value))
        if number is None:
            self.seen.add(self.numbering.add(value))
            return True
        if number in self.seen:
            self.out.append(b"r" + varint(number))
            return False
        self.seen.add(number)
        self.out.append(b"K" + varint(number))
        return True

    def _compound(self, value, kind, stack):
        push = self.out.append
        referred = _REFERRED.get(id(kind))
        if referred is not None:
            return referred(self, value, stack)
        special = self.special.get(id(value))
        if special is not None:
            return self._marked(value, special, stack)
        if self.globals is not None and id(value) in self.globals.found and not self._named(value):
            return None
        if kind is list:
            if self._number(value):
                push(b"L" + varint(len(value)))
                stack.extend(value[::-1])
        elif kind is dict:
            if self._number(value):
                push(b"D" + varint(len(value)))
                for pair in reversed(list(value.items())):
                    stack.append(pair[1])
                    stack.append(pair[0])
        elif kind is set:
            if self._number(value):
                self._set(b"S", value, set.__iter__, stack)
        elif kind is frozenset:
            self._set(b"z", value, frozenset.__iter__, stack)
        elif value is ... or value is NotImplemented or value is UNSET:
            push(b"E" if value is ... else b"U" if value is UNSET else b"M")
        elif kind is complex:
            push(b"c" + float_bytes(value.real)[1:] + float_bytes(value.imag)[1:])
        elif accessors.type_flags(kind) & accessors.TYPE:
            self._class(value, stack)
        elif id(kind) in _LAZY:
            self._lazily(value, _LAZY[id(kind)])
        elif id(kind) in values.ITERATORS and not self.inputs and id(value) not in self.numbering.numbers:
            self._lazily(value, "iterator:" + accessors.type_name(kind))
        else:
            self._object(value, kind, stack)
        return None

    def _marked(self, value, special, stack):
        """A stream or callee of the harness: its log is part of the graph."""
        if self._number(value):
            self.out.append(b"W")
            stack.append(special.content())

    def _named(self, value):
        """Emits the name of a module-level object. True if its content follows."""
        place = self.globals.name_of(value)
        if place is None:
            return True
        static = place in self.globals.static
        self.out.append((b"g" if static else b"G") + text(place[0]) + text(place[1]))
        return not static

    def _set(self, tag, value, iterate, stack):
        elements = list(iterate(value))
        self.out.append(tag + varint(len(elements)))
        if len(elements) < 2:
            stack.extend(elements)
            return
        keyed = []
        simple = True
        for element in elements:
            sub = Encoder(_Peek(self.numbering), self.globals, False, self.special, self.limit)
            sub.seen = set(self.seen) if self.seen and id(type(element)) not in _ATOM_TYPES else set()
            sub.encode(element)
            simple = simple and id(type(element)) in _ATOM_TYPES
            keyed.append((sub.take(), len(keyed), element))
        keyed.sort(key=lambda item: item[:2])
        if simple and not self.inputs:
            for data, _, _ in keyed:
                self.out.append(data)
            self.size += len(keyed)
        else:
            stack.extend([item[2] for item in reversed(keyed)])

    def _class(self, value, stack):
        layout = layout_of(value)
        if layout.name is not None:
            self.out.append(b"C" + text(layout.name[0]) + text(layout.name[1]))
            return
        alias = accessors.resolve("types", accessors.type_name(value))
        if alias is value:
            self.out.append(b"C" + text("types") + text(accessors.type_name(value)))
            return
        if accessors.is_fixed(value):
            self.out.append(b"C" + text(accessors.type_module(value)) + text(accessors.type_qualname(value)))
            return
        if self.inputs:
            return self._opaque("class " + accessors.type_qualname(value))
        if self._number(value):
            members = []
            for key, member in accessors.type_dict(value).items():
                if not (key.startswith("__") and key.endswith("__")) and type(member) is not types.GetSetDescriptorType:
                    members += [key, member]
            self.out.append(b"k" + text(accessors.type_qualname(value)))
            stack.append(tuple(members))
            stack.append(tuple(value.__bases__))

    def _opaque(self, name):
        self.opaque.append(name)
        if self.inputs:
            raise Opaque(name)
        self.out.append(b"X" + text(name))

    def _lazily(self, value, name):
        if self.inputs:
            return self._opaque(name)
        if id(value) not in self.numbering.numbers:
            self.numbering.made.add(id(value))
        if self._number(value):
            self.out.append(b"Y" + text(name))
            self.lazy.append(value)

    def _object(self, value, kind, stack):
        layout = layout_of(kind)
        if type(kind) is not type and below(type(kind), _EnumMeta):
            return self._enum(value, kind, stack)
        base = layout.base
        if layout.opaque:
            # Why it can't be rebuilt is the base that hides something; what is not seen into is told by its own type.
            return self._opaque(layout.opaque if self.inputs else accessors.type_module(kind) + "." + accessors.type_qualname(kind))
        place = layout.name
        if place is not None and place[0] != "builtins":
            self.classes.add(place)
            if place[0] == "logging" and place[1] in ("Logger", "RootLogger"):
                # A logger is its name; what is sent to it is told apart.
                self.out.append(b"R" + text("logging") + text("#" + layout.dictionary(value)["name"]))
                return
        if place in VALUES:
            base = _heap_value(kind, place) or base
        numbered = layout.dictionary is not None or base is None or not base.value
        if place in VALUES:
            numbered = False
        if kind is object and not (self.globals and self.globals.name_of(value)):
            found = find_anywhere(value)
            if found is not None:
                self.out.append(b"R" + text(found[0]) + text(found[1]))
                return
        if numbered:
            if not self._number(value):
                return
            self.out.append(b"O")
        else:
            self.out.append(b"o")
        self._content(value, kind, layout, base, stack, place)

    def _content(self, value, kind, layout, base, stack, place):
        parts = [kind]
        flags = 0
        if base is not None:
            flags = 1
            try:
                payload = base.extract(value)
            except Exception as error:
                return self._opaque("%s: %s" % (accessors.type_qualname(kind), error))
            if base is SETS:
                payload = [Raw(b"t\x01"), payload]
            else:
                payload = [Raw(b"t" + varint(len(payload))), *payload]
            parts += payload
        if layout.slots and not (base is not None and place in VALUES):
            flags |= 2
            parts.append(Raw(None))
            mark = parts[-1]
            count = 0
            for name, getter, _ in layout.slots:
                try:
                    member = getter(value)
                except AttributeError:
                    continue
                count += 1
                parts += [Raw(text(name)), member]
            mark.data = varint(count)
        if layout.dictionary is not None:
            flags |= 4
            contents = layout.dictionary(value)
            items = list(dict.items(contents)) if contents is not None else []
            parts.append(Raw(varint(len(items))))
            for key, member in items:
                parts += [key, member]
        parts.insert(1, Raw(_BYTE[flags]))
        stack.extend(reversed(parts))

    def _enum(self, value, kind, stack):
        namespace = accessors.type_dict(kind)
        members = namespace.get("_member_map_", {})
        contents = layout_of(kind).dictionary(value)
        name = contents.get("_name_")
        if type(name) is str and members.get(name) is value:
            self.out.append(b"e")
            stack += [name, kind]
        else:
            self.out.append(b"f")
            stack += [contents.get("_value_"), kind]

    def _function(self, value, stack):
        code = _function_get["__code__"](value)
        module = _function_get["__globals__"](value).get("__name__")
        module = accessors.ALIASES.get(module, module)
        qualname = _function_get["__qualname__"](value)
        if type(module) is str and resolve(module, qualname) is value:
            self.out.append(b"R" + text(module) + text(qualname))
            return
        place = self.globals.name_of(value) if self.globals else None
        if place is not None:
            self.out.append(b"R" + text(place[0]) + text(place[1]))
            return
        special = self.special.get(id(value))
        if special is not None:
            self._marked(value, special, stack)
            return
        is_given = id(value) in self.numbering.numbers and id(value) not in self.numbering.made
        if not self.inputs and not is_given:
            return self._lazily(value, "function:" + _function_get["__name__"](value))
        if not self._number(value):
            return
        import marshal

        self.out.append(b"P")
        stack += [cells_of(value), _function_get["__dict__"](value) or None, _function_get["__kwdefaults__"](value),
                  _function_get["__defaults__"](value), qualname, _function_get["__name__"](value),
                  marshal.dumps(code) if self.inputs else b"", module]

    def _builtin(self, value, stack):
        owner, name = _builtin_get["__self__"](value), _builtin_get["__name__"](value)
        if type(owner) is types.ModuleType or owner is None:
            name = _builtin_get["__qualname__"](value)
            self.out.append(b"R" + text(accessors.module_dict(owner)["__name__"] if owner is not None else "builtins") + text(name))
        else:
            self.out.append(b"m" + text(name))
            stack.append(owner)

    def _cached(self, value, stack):
        """A function that `functools.lru_cache` made, where it stands under its name: what it holds is not looked at."""
        contents = _cached_contents(value)
        module, qualname = contents.get("__module__"), contents.get("__qualname__")
        if type(module) is str and type(qualname) is str and resolve(module, qualname) is value:
            self.out.append(b"R" + text(module) + text(qualname))
        else:
            self._opaque("functools._lru_cache_wrapper")

    def _method_wrapper(self, value, stack):
        self.out.append(b"m" + text(value.__name__))
        stack.append(value.__self__)

    def _method(self, value, stack):
        self.out.append(b"h")
        stack += [_method_get["__self__"](value), _method_get["__func__"](value)]

    def _module(self, value, stack):
        name = accessors.module_dict(value).get("__name__")
        if type(name) is str and resolve(name, "") is value:
            self.out.append(b"R" + text(name) + b"s\x00")
        else:
            self._opaque("module")

    def _descriptor(self, value, stack):
        owner = value.__objclass__
        self.out.append(b"R" + text(accessors.type_module(owner)) + text(accessors.type_qualname(owner) + "." + value.__name__))


def cells_of(function):
    """What a function's cells hold; UNSET for an empty one."""
    found = []
    for cell in _function_get["__closure__"](function) or ():
        try:
            found.append(_cell_get(cell))
        except ValueError:
            found.append(UNSET)
    return tuple(found)


class _Peek(Numbering):
    """Numbers an element of a set alone, on top of what is numbered already."""

    def __init__(self, outer):
        super().__init__()
        self.numbers = dict(outer.numbers) if outer.numbers else {}
        self.objects = [None] * len(outer.objects)


def find_anywhere(value):
    """The module and name of a bare `object()` in any loaded module or class, by search."""
    import sys

    known = _SENTINELS.get(id(value))
    if known is not None and resolve(*known) is value:
        return known
    for name, module in list(sys.modules.items()):
        if type(module) is types.ModuleType:
            for key, member in list(accessors.module_dict(module).items()):
                if member is value:
                    _SENTINELS[id(value)] = (accessors.ALIASES.get(name, name), key)
                    return _SENTINELS[id(value)]
    return None


_SENTINELS = {}
_ATOM_TYPES = {id(kind) for kind in (type(None), bool, int, float, str, bytes)}
VALUES = {("fractions", "Fraction"), ("uuid", "UUID"), ("ipaddress", "IPv4Address"), ("ipaddress", "IPv6Address"),
          ("pathlib", "PosixPath"), ("pathlib", "PurePosixPath"), ("pathlib", "PureWindowsPath"), ("pathlib", "Path"),
          ("pathlib", "PurePath"), ("pathlib._local", "PosixPath"), ("pathlib._local", "PurePosixPath"),
          ("pathlib._local", "PureWindowsPath"), ("pathlib._local", "Path"), ("pathlib._local", "PurePath")}
SETS = values.Base(lambda value: set.copy(value) if below(type(value), set) else frozenset(frozenset.__iter__(value)), None)
_PATHS = {}


def _heap_value(kind, place):
    if not place[0].startswith("pathlib"):
        return None
    base = _PATHS.get(id(kind))
    if base is None:
        pure = resolve(place[0], "PurePath")
        as_text = accessors.type_dict(pure)["__str__"]
        base = _PATHS[id(kind)] = values.Base(lambda value: (as_text(value),), lambda cls, payload: cls(payload[0]), value=True)
    return base


def _set_create(cls, payload):
    return set.__new__(cls) if below(cls, set) else frozenset.__new__(cls, payload[0])


SETS.create = _set_create
SETS.fill = lambda target, payload: set.update(target, payload[0])
accessors.add_base(set, SETS)
_FROZEN_SETS = values.Base(lambda value: (frozenset(frozenset.__iter__(value)),), _set_create, value=True)
accessors.add_base(frozenset, _FROZEN_SETS)
# Methods of the interpreter's own objects come in two types; this one has no name in `types`.
_DEFINED_METHOD = type(re.compile("").match)
METHODS = (types.BuiltinFunctionType, _DEFINED_METHOD, types.MethodWrapperType)
CACHED = type(functools.lru_cache(len))
_cached_contents = CACHED.__dict__["__dict__"].__get__
_REFERRED = {id(types.FunctionType): Encoder._function, id(types.BuiltinFunctionType): Encoder._builtin,
             id(_DEFINED_METHOD): Encoder._builtin,
             id(types.MethodType): Encoder._method, id(types.ModuleType): Encoder._module,
             id(types.MethodWrapperType): Encoder._method_wrapper, id(CACHED): Encoder._cached}
for _kind in _DESCRIPTORS:
    _REFERRED[id(_kind)] = Encoder._descriptor


def encode(root, *, inputs=False, globals_=None, numbering=None, limit=MAXIMUM):
    """Encodes one graph. With `inputs` it can be decoded again, and what can't raises `Opaque`."""
    encoder = Encoder(numbering, globals_, inputs, None, limit)
    encoder.encode(root)
    return Encoded(encoder.take(), encoder.opaque, encoder.size, list(encoder.numbering.objects), encoder.classes)


def decode(data, special=None):
    """Builds the graph again; `originals` are its numbered objects in order."""
    from .decode import Decoder

    return Decoder(data, special).run()
