"""What a call reads, does and leaves: captured before and after it, by structure alone."""

import builtins

__builtins__ = dict(vars(builtins))

import json
import opcode
import os
import struct
import sys
import types
from _collections import _tuplegetter

from . import accessors, codec
from .accessors import resolve

MAGIC = b"WO1"
META, END, ARGUMENTS, STATE, RANDOM, CALLS, OUTPUT, WARNINGS, LOGS, PROCESS, TRANSCRIPT = range(11)
_LIMITS = (RecursionError, MemoryError)
_PLAYERS = os.path.join(os.path.dirname(__file__), "transcripts.py")
_RAISES = {opcode.opmap[name] for name in ("RAISE_VARARGS", "RERAISE") if name in opcode.opmap}


class Target:
    """A function to be captured. `kind` is function, method, classmethod, staticmethod, generator,
    coroutine or asyncgen."""

    def __init__(self, function, module, qualname, kind="function"):
        self.function = function
        self.module = module
        self.qualname = qualname
        self.kind = kind
        self._reach = None

    def reach(self, repository):
        """What state the target and its helpers name, found once."""
        if self._reach is None:
            self._reach = Reach(self, repository)
        return self._reach


class Repository:
    """The modules whose file lies below one of `roots`."""

    def __init__(self, roots):
        self.roots = tuple([root.rstrip("/") + "/" for root in roots])
        self.globals = codec.Globals()
        self._count = -1
        self._modules = []

    def modules(self):
        """The repository's loaded modules, in the order of their names."""
        if len(sys.modules) != self._count:
            self._count = len(sys.modules)
            found = {}
            for name, module in list(sys.modules.items()):
                if type(module) is types.ModuleType and self.holds(accessors.module_dict(module).get("__file__")):
                    found[name] = module
            self._modules = [found[name] for name in sorted(found)]
        return self._modules

    def holds(self, file):
        """Whether a file is the repository's own."""
        return type(file) is str and file.startswith(self.roots)

    def owns(self, module):
        """Whether a module's name is one of the repository's."""
        found = sys.modules.get(module)
        return type(found) is types.ModuleType and self.holds(accessors.module_dict(found).get("__file__"))

    def scan(self):
        """Brings the table of module-level objects up to date."""
        self.globals.scan(self.modules())
        return self.globals


class Reach:
    """The globals, class attributes, default values, closure cells and attributes of functions that a
    target and its helpers name, as locators."""

    def __init__(self, target, repository):
        self.repository = repository
        self.locators = []
        self.uses_random = False
        self.names = set()
        self.stored = set()
        self._known = set()
        self._functions = []
        self._classes = []
        self._spaces = []
        self._function(target.function, target.qualname)
        owner = resolve(target.module, target.qualname.rpartition(".")[0]) if "." in target.qualname else None
        if _is_class(owner):
            self._class(owner)
        self._settle()

    def _settle(self):
        before = -1
        while before != len(self._known) + len(self.names):
            before = len(self._known) + len(self.names)
            for namespace, module in list(self._spaces):
                for name in sorted(self.names):
                    if name in namespace:
                        self._value(namespace[name], ("g", module, name))
                    elif (module, name) in self.stored:
                        self._locate(("g", module, name))
            for cls in list(self._classes):
                self._members(cls)

    def _locate(self, locator):
        if locator not in self._known:
            self._known.add(locator)
            self.locators.append(locator)

    def _value(self, value, locator):
        if locator[-1].startswith("__") or id(value) in self._known and not type(value) in (int, str, float, bool):
            return
        if type(value) is types.FunctionType:
            self._function(value, None)
        elif _is_class(value):
            self._class(value)
        elif type(value) is types.ModuleType:
            self.uses_random = self.uses_random or value.__name__ in ("random", "secrets", "uuid", "tempfile")
            if self.repository.owns(value.__name__):
                self._space(accessors.module_dict(value), value.__name__)
        elif type(value) in (types.MethodType, types.BuiltinMethodType):
            self.uses_random = self.uses_random or "random" in type(value.__self__).__module__
        else:
            self._locate(locator)
            wrapped = _instance_value(value, "__wrapped__")
            if type(wrapped) is types.FunctionType:
                self._function(wrapped, None)
            cls = type(value)
            if self.repository.owns(accessors.type_module(cls)):
                self._class(cls)

    def _space(self, namespace, module):
        if id(namespace) not in self._known:
            self._known.add(id(namespace))
            self._spaces.append((namespace, accessors.ALIASES.get(module, module)))

    def _function(self, function, qualname):
        code = function.__code__
        if id(code) in self._known or not (qualname or self.repository.holds(code.co_filename)):
            return
        self._known.add(id(code))
        module = function.__globals__.get("__name__")
        alias = accessors.ALIASES.get(module, module)
        self._code(code, alias)
        self._space(function.__globals__, module)
        name = qualname or function.__qualname__
        if qualname or resolve(alias, name) is function:
            if function.__defaults__ or function.__kwdefaults__:
                self._locate(("d", alias, name))
            if qualname or function.__dict__:
                self._locate(("a", alias, name))
            for variable, cell in zip(code.co_freevars, function.__closure__ or ()):
                self._cell(variable, cell, alias, name)

    def _cell(self, variable, cell, module, qualname):
        try:
            content = cell.cell_contents
        except ValueError:
            return
        if variable == "__class__":
            self._class(content)
        else:
            self._value(content, ("x", module, qualname, variable))

    def _code(self, code, module):
        import dis

        self.names.update(code.co_names)
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                self.stored.add((module, instruction.argval))
        for constant in code.co_consts:
            if type(constant) is types.CodeType:
                self._code(constant, module)

    def _class(self, cls):
        if _is_class(cls) and id(cls) not in self._known and self.repository.owns(accessors.type_module(cls)):
            self._known.add(id(cls))
            self._classes.append(cls)
            for parent in accessors.type_mro(cls)[1:]:
                self._class(parent)

    def _members(self, cls):
        module, qualname = accessors.type_module(cls), accessors.type_qualname(cls)
        if resolve(module, qualname) is not cls:
            return
        for name, value in list(accessors.type_dict(cls).items()):
            plain = name.split("__", 1)[-1] if name.startswith("_" + cls.__name__.lstrip("_") + "__") else name
            special = name.startswith("__") and name.endswith("__")
            if not special and name not in self.names and "__" + plain not in self.names:
                continue
            if type(value) in (staticmethod, classmethod):
                value = value.__func__
            if type(value) is property:
                for function in (value.fget, value.fset, value.fdel):
                    if type(function) is types.FunctionType:
                        self._function(function, None)
            elif type(value) is types.FunctionType:
                self._function(value, None)
            elif not special and type(value) not in _DESCRIPTORS:
                self._locate(("c", module, qualname, name))


# What stands in a class for its instances' fields, a named tuple's among them.
_DESCRIPTORS = (types.MemberDescriptorType, types.GetSetDescriptorType, type, _tuplegetter)


def _is_class(value):
    return bool(accessors.type_flags(type(value)) & accessors.TYPE)


def _instance_value(value, name):
    contents = accessors.layout_of(type(value)).dictionary
    return (contents(value) or {}).get(name) if contents is not None else None


def read_state(locators, find):
    """The value at each locator. `find(module, qualname)` gives a function's own object."""
    return tuple([(locator, _read(locator, find)) for locator in locators])


def _read(locator, find):
    kind, module, name = locator[:3]
    if kind == "g":
        found = resolve(module, "")
        return accessors.module_dict(found).get(name, codec.UNSET) if found is not None else codec.UNSET
    if kind == "c":
        cls = resolve(module, name)
        return accessors.type_dict(cls).get(locator[3], codec.UNSET) if cls is not None else codec.UNSET
    function = find(module, name)
    if function is None:
        return codec.UNSET
    if kind == "d":
        keywords = function.__kwdefaults__ or {}
        return (function.__defaults__, tuple(keywords), tuple(keywords.values()))
    if kind == "a":
        contents = function.__dict__
        return tuple([(key, value) for key, value in contents.items() if key != "__wrapped__"])
    names = function.__code__.co_freevars
    if locator[3] not in names:
        return codec.UNSET
    try:
        return function.__closure__[names.index(locator[3])].cell_contents
    except ValueError:
        return codec.UNSET


def random_state():
    """The state of the module-level random generator, or None if the module isn't loaded."""
    module = sys.modules.get("random")
    instance = accessors.module_dict(module).get("_inst") if module is not None else None
    if instance is None:
        return None
    kind = type(instance).__base__
    return (kind.getstate(instance), instance.gauss_next)


class Snapshot:
    """A call before it runs: its input's bytes, and what `after` needs."""

    __slots__ = ("input", "opaque", "size", "types", "originals", "target", "locators", "random", "repository", "streams")


def of_process():
    """The repository of this process: the tree that the instrument was told of, or that `configure` named."""
    if not _REPOSITORY:
        instrument = json.loads(os.environ.get("WHET_INSTRUMENT") or "{}")
        configure([instrument.get("tree") or os.getcwd()])
    return _REPOSITORY[0]


def configure(roots, aliases=None):
    """Says where the repository's files lie, and under which module name `__main__` is found again."""
    _REPOSITORY[:] = [Repository(roots)]
    accessors.ALIASES.update(aliases or {})


_REPOSITORY = []


def before(target, args, kwargs, repository=None, given=None, whole=True):
    """Captures everything that a call reads, but what it will take from the streams that it is `given`
    (streams.Streams). `opaque` says why it can't be replayed, else it is empty; where it need not be seen as a
    `whole`, `opaque` names what enters by its type alone."""
    repository = repository or of_process()
    snapshot = Snapshot()
    reach = target.reach(repository)
    snapshot.target, snapshot.locators, snapshot.repository = target, reach.locators, repository
    snapshot.random = random_state()
    snapshot.types = _types(args, kwargs)
    snapshot.streams = None
    if given is not None:
        args, kwargs = given.in_place(tuple(args)), given.in_place(kwargs)
    keywords = tuple(kwargs.items())
    state = read_state(reach.locators, _finder(target))
    encoder = codec.Encoder(None, repository.scan(), inputs=whole, special=given and given.special)
    try:
        encoder.encode(tuple(args))
        snapshot.size = encoder.size
        parts = [encoder.take()]
        for part in (keywords, state, snapshot.random if reach.uses_random else None):
            encoder.encode(part)
            parts.append(encoder.take())
        snapshot.input, snapshot.opaque = b"t\x04" + b"".join(parts), ", ".join(dict.fromkeys(encoder.opaque))
        # What streams give is met only later, and is none of these.
        snapshot.originals = list(encoder.numbering.objects)
        if given is not None:
            given.begin(encoder, b"".join(parts))
            snapshot.streams = given
    except codec.Opaque as opaque:
        snapshot.input, snapshot.opaque, snapshot.size = b"", str(opaque), encoder.size
        snapshot.originals = list(encoder.numbering.objects)
    return snapshot


def _finder(target):
    def find(module, qualname):
        if (module, qualname) == (target.module, target.qualname):
            return target.function
        found = resolve(module, qualname)
        return found if type(found) is types.FunctionType else None

    return find


def after(snapshot, result, exception):
    """The outcome of a captured call: its bytes, compared with a replay's where both have a section."""
    state = read_state(snapshot.locators, _finder(snapshot.target))
    outcome = Outcome(snapshot.originals, snapshot.repository)
    outcome.graph(result, exception, state)
    outcome.random(snapshot.random)
    return outcome.bytes()


class Outcome:
    """The sections of one outcome, in one joint graph."""

    def __init__(self, originals, repository, special=None, numbering=None):
        self.repository = repository
        self.sections = {}
        self.meta = {"opaque": [], "raised": "", "limit": False, "beyond": False, "unordered": "", "lazy": 0}
        if numbering is None:
            numbering = codec.Numbering()
            for original in originals:
                numbering.add(original)
        self.originals = originals
        self.numbering = numbering
        self.special = special or {}
        self.encoder = None
        # Whether nothing of the result or exception entered by its type alone.
        self.end_is_seen = False

    def graph(self, result, exception, state, kept=()):
        """Arguments as they are now, the end, and the state, with sharing among them all."""
        encoder = self.encoder = codec.Encoder(self.numbering, self.repository.scan(), False, self.special)
        encoder.encode(tuple(self.originals))
        for earlier in kept:
            encoder.encode(earlier)
        self.sections[ARGUMENTS] = encoder.take()
        unseen = len(encoder.opaque) + len(encoder.lazy)
        encoder.encode((exception is None, result if exception is None else exception))
        self.end_is_seen = unseen == len(encoder.opaque) + len(encoder.lazy)
        self.sections[END] = encoder.take()
        encoder.encode(state)
        self.sections[STATE] = encoder.take()
        self._note(encoder)
        if exception is not None:
            self.meta["raised"] = raised_by(exception, self.repository)
            self.meta["limit"] = isinstance(exception, _LIMITS)
            self.meta["beyond"] = self.meta["raised"] == "interpreter" and _is_beyond_c(exception)
            self.meta["unordered"] = _unordered(exception) if self.meta["raised"] == "interpreter" else ""

    def _note(self, encoder):
        self.meta["opaque"] += encoder.opaque
        self.meta["lazy"] += len(encoder.lazy)

    def random(self, earlier):
        """Whether the call drew from the random generator, and how it left it."""
        now = random_state()
        changed = now != earlier and earlier is not None
        self.sections[RANDOM] = accessors.sha256(repr(now).encode()).digest() if changed else b""

    def bytes(self):
        """The outcome as it travels: magic, then sections of number, length and content."""
        self.sections[META] = json.dumps(self.meta).encode()
        parts = [MAGIC]
        for number in sorted(self.sections):
            parts.append(struct.pack("<BI", number, len(self.sections[number])))
            parts.append(self.sections[number])
        return b"".join(parts)


def _is_beyond_c(exception):
    """Whether the interpreter says that its C code has no room for an int of this size."""
    if type(exception) not in (OverflowError, IndexError):
        return False
    told = BaseException.__dict__["args"].__get__(exception)
    return len(told) == 1 and type(told[0]) is str and ("int too large to convert to C" in told[0] or "index-sized integer" in told[0])


def _unordered(exception):
    """The two types of which the interpreter says that they have no order between them, whichever it asked first."""
    told = BaseException.__dict__["args"].__get__(exception) if type(exception) is TypeError else ()
    if len(told) != 1 or type(told[0]) is not str:
        return ""
    _, _, names = told[0].partition("' not supported between instances of '")
    return " ".join(sorted(names[:-1].split("' and '")))


def raised_by(exception, repository):
    """`repository` if a `raise` in the repository's code gave the exception, `callee` if a callable or
    stream of the harness did, else `interpreter`."""
    trace = exception.__traceback__
    if trace is None:
        return "interpreter"
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    if code.co_filename == _PLAYERS:
        return "callee"
    owned = repository.holds(code.co_filename)
    return "repository" if owned and code.co_code[trace.tb_lasti] in _RAISES else "interpreter"


def _types(args, kwargs):
    names = [_type_text(value) for value in args]
    names += ["%s=%s" % (key, _type_text(value)) for key, value in kwargs.items()]
    return "(%s)" % ", ".join(names)


def _type_text(value):
    kind = type(value)
    name = accessors.type_name(kind)
    if kind is list or kind is tuple or kind is set:
        inner = sorted({accessors.type_name(type(item)) for item in list(value)[:20]})
        return "%s[%s]" % (name, "|".join(inner)) if inner else name
    if kind is dict:
        pairs = list(value.items())[:20]
        keys = sorted({accessors.type_name(type(key)) for key, _ in pairs})
        members = sorted({accessors.type_name(type(member)) for _, member in pairs})
        return "dict[%s, %s]" % ("|".join(keys), "|".join(members)) if pairs else name
    return name
