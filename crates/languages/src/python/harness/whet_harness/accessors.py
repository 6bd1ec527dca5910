"""Safe views of Python objects: what a type is made of, read without calling any of its methods.

Everything here is taken from the interpreter's own types when this module loads, before any code of
a repository. A type of the interpreter that can't be changed (static or immutable) may be looked up
later by name, since its accessors can't be replaced.
"""

import builtins

# Functions of this module keep working when repository code patches `builtins`.
__builtins__ = dict(vars(builtins))

import _thread
import sys
import types

# Not hashlib's: that one may be replaced, and it loads OpenSSL, a fifth of a worker's start.
try:
    from _sha2 import sha256
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:
        from hashlib import sha256

type_dict = type.__dict__["__dict__"].__get__
type_mro = type.__dict__["__mro__"].__get__
type_name = type.__dict__["__name__"].__get__
type_qualname = type.__dict__["__qualname__"].__get__
type_flags = type.__dict__["__flags__"].__get__
_type_module = type.__dict__["__module__"].__get__
_type_base = type.__dict__["__base__"].__get__
_basic_size = type.__dict__["__basicsize__"].__get__
_item_size = type.__dict__["__itemsize__"].__get__
object_new = object.__new__

IMMUTABLE = 1 << 8
HEAP = 1 << 9
EXCEPTION = 1 << 30
TYPE = 1 << 31
MEMBER = type(types.FunctionType.__dict__["__closure__"])
GETSET = type(types.FunctionType.__dict__["__code__"])
FUNCTION = types.FunctionType
MODULE = types.ModuleType
module_dict = MODULE.__dict__["__dict__"].__get__
_LOCAL = _thread._local
_local_get = _LOCAL.__dict__["__getattribute__"]

# Names of other modules under which objects of `__main__` are found again, by the recorder.
ALIASES = {}


def type_module(cls):
    """The module that a class says it is of."""
    module = _type_module(cls)
    if type(module) is not str:
        return "?"
    return ALIASES.get(module, module)


def is_fixed(cls):
    """Whether a type's attributes can't be changed by Python code."""
    flags = type_flags(cls)
    return bool(flags & IMMUTABLE) or not flags & HEAP


def has_hidden_state(cls):
    """Whether instances hold more than the slots and dictionary that Python code declares."""
    namespace = type_dict(cls)
    parent = _type_base(cls) or object
    declared = sum(1 for value in namespace.values() if type(value) is MEMBER)
    declared += ("__dict__" in namespace) + ("__weakref__" in namespace)
    return _basic_size(cls) - _basic_size(parent) > 8 * declared or _item_size(cls) != _item_size(parent)


def below(cls, parent):
    """Whether `cls` is `parent` or below it, by the method resolution order alone."""
    for ancestor in type_mro(cls):
        if ancestor is parent:
            return True
    return False


def resolve(module, qualname):
    """The object at a module's dotted name, found in dictionaries alone; None if there is none."""
    found = sys.modules.get(module)
    if found is None:
        for name, alias in ALIASES.items():
            if alias == module:
                found = sys.modules.get(name)
    if found is None or not qualname:
        return found
    for part in qualname.split("."):
        kind = type(found)
        if type_flags(kind) & TYPE:
            namespace = type_dict(found)
        elif below(kind, MODULE):
            namespace = module_dict(found)
        else:
            return None
        if part not in namespace:
            return None
        found = namespace[part]
        if type(found) is staticmethod or type(found) is classmethod:
            found = found.__func__
    return found


class Layout:
    """How instances of one class are taken apart."""

    __slots__ = ("cls", "base", "slots", "dictionary", "name", "opaque")

    def __init__(self, cls):
        self.cls = cls
        self.base = None
        self.slots = []
        self.dictionary = None
        self.opaque = ""
        module, qualname = type_module(cls), type_qualname(cls)
        self.name = (module, qualname) if resolve(module, qualname) is cls else None
        for parent in type_mro(cls):
            if parent is object:
                continue
            if is_fixed(parent) or has_hidden_state(parent):
                self._fixed(parent)
            else:
                self._heap(parent)

    def _fixed(self, parent):
        namespace = type_dict(parent)
        accessor = namespace.get("__dict__")
        if type(accessor) in (GETSET, MEMBER) and self.dictionary is None:
            self.dictionary = accessor.__get__
        if parent is _LOCAL:
            # No descriptor gives the dictionary: each thread has its own, and what counts is the calling one's.
            self.dictionary = lambda value: _local_get(value, "__dict__")
        if self.base is None:
            self.base = _BASES.get(id(parent)) or lazy_base(parent)
            if self.base is None and type_flags(parent) & EXCEPTION:
                self.base = _BASES[id(BaseException)]
            if self.base is None and (type_flags(parent) & HEAP or not _is_plain(parent)):
                self.opaque = type_module(parent) + "." + type_qualname(parent)

    def _heap(self, parent):
        for key, value in type_dict(parent).items():
            kind = type(value)
            if kind is MEMBER:
                self.slots.append((type_name(parent) + "." + key, value.__get__, value.__set__))
            elif kind is GETSET and key == "__dict__" and self.dictionary is None:
                self.dictionary = value.__get__


def _is_plain(parent):
    """Whether a fixed type adds no hidden state of its own to `object`."""
    return _basic_size(parent) == _basic_size(object) and _item_size(parent) == 0


_LAYOUTS = {}
_BASES = {}
_LAZY = {}
_LAZY_MISSING = set()


def layout_of(cls):
    """The layout of a class, computed once; a class that was not yet importable is looked at again."""
    layout = _LAYOUTS.get(id(cls))
    if layout is None or (layout.name is None and resolve(type_module(cls), type_qualname(cls)) is cls):
        layout = _LAYOUTS[id(cls)] = Layout(cls)
    return layout


def add_base(cls, base):
    """Teaches how the hidden state of `cls` and its subclasses is read and rebuilt."""
    _BASES[id(cls)] = base


def add_lazy(module, name, make):
    """Teaches a type by name; `make(cls)` gives its base once such a type is met."""
    _LAZY[module, name] = make


def lazy_base(cls):
    """The base of a fixed type known by name, made at its first use."""
    make = _LAZY.get((type_module(cls), type_name(cls)))
    if make is None:
        return None
    base = make(cls)
    _BASES[id(cls)] = base
    return base
