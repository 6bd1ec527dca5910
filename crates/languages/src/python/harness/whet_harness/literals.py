"""Expressions that build a value: what emitted tests show of recorded ones."""

import enum
import re
import types

from . import accessors

MOST_CHARACTERS = 240
_MISSING = object()


class NoLiteral(Exception):
    """A value has no expression that a reader would want to see."""


class Writer:
    """Writes expressions; `imports` holds the modules that they name. Instances use a helper `made`, streams
    a helper `stream`; `streams` has the items of generators that are known."""

    def __init__(self):
        self.imports = set()
        self.streams = {}

    def write(self, value):
        """Answers an expression for `value` of at most MOST_CHARACTERS; NoLiteral if there is none."""
        text = self._any(value, ())
        if len(text) > MOST_CHARACTERS:
            raise NoLiteral("longer than %d characters" % MOST_CHARACTERS)
        return text

    def _any(self, value, above):
        kind = type(value)
        if len(above) > 12 or id(value) in above:
            raise NoLiteral("nested too deeply")
        if value is None or kind is bool or value is Ellipsis:
            return repr(value)
        if kind is int:
            if value.bit_length() > 300:
                raise NoLiteral("a large number")
            return repr(value)
        if kind is float:
            return repr(value) if value - value == 0 else 'float("%r")' % value
        if kind is complex or kind is range:
            return repr(value)
        if kind in (str, bytes, bytearray):
            return _quoted(value)
        above = above + (id(value),)
        if kind in _BRACKETS:
            return self._collection(value, kind, above)
        if kind is dict:
            return "{%s}" % ", ".join("%s: %s" % (self._any(key, above), self._any(member, above)) for key, member in value.items())
        if isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
            return self._named(value)
        if isinstance(value, enum.Enum):
            return "%s.%s" % (self._named(kind), value.name)
        if kind is re.Pattern:
            self.imports.add("re")
            default = re.compile(value.pattern).flags
            return "re.compile(%s%s)" % (_quoted(value.pattern), "" if value.flags == default else ", %d" % value.flags)
        if kind is re.Match:
            return self._match(value)
        if id(value) in self.streams:
            return "stream(%s)" % self._any(self.streams[id(value)][1], above)
        return self._instance(value, kind, above)

    def _match(self, value):
        """A match by the call that finds it: the places are shown where they are not the whole text."""
        places = () if (value.pos, value.endpos) == (0, len(value.string)) else (value.pos, value.endpos)
        for name in ("match", "search"):
            found = getattr(value.re, name)(value.string, *places)
            if found is not None and found.regs == value.regs:
                arguments = ", ".join([_quoted(value.string), *map(str, places)])
                return "%s.%s(%s)" % (self._any(value.re, ()), name, arguments)
        raise NoLiteral("a match that is not the first")

    def know(self, stream, items):
        """A generator that gives `items`, whether it is used up by now or not."""
        self.streams[id(stream)] = (stream, items)

    def _collection(self, value, kind, above):
        members = list(value)
        if kind in (set, frozenset):
            try:
                members.sort()
            except TypeError:
                members.sort(key=repr)
        inner = ", ".join(self._any(member, above) for member in members)
        if kind is tuple and len(members) == 1:
            inner += ","
        if kind is set and not members:
            return "set()"
        return _BRACKETS[kind] % inner

    def _named(self, value):
        """A class or function by the name under which it is found."""
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if not isinstance(module, str) or not isinstance(name, str) or accessors.resolve(module, name) is not value:
            raise NoLiteral("a %s without a name" % type(value).__name__)
        if module == "builtins":
            return name
        if module.startswith("whet_harness"):
            raise NoLiteral("a stand-in")
        self.imports.add(module)
        return "%s.%s" % (module, name)

    def _instance(self, value, kind, above):
        """An instance of a plain class, by its attributes."""
        if accessors.layout_of(kind).base is not None or getattr(kind, "__slots__", _MISSING) is not _MISSING:
            raise NoLiteral("a %s" % kind.__qualname__)
        contents = getattr(value, "__dict__", None)
        if type(contents) is not dict or not all(isinstance(name, str) and name.isidentifier() for name in contents):
            raise NoLiteral("a %s" % kind.__qualname__)
        parts = [self._named(kind)] + ["%s=%s" % (name, self._any(member, above)) for name, member in contents.items()]
        return "made(%s)" % ", ".join(parts)


_BRACKETS = {list: "[%s]", tuple: "(%s)", set: "{%s}", frozenset: "frozenset([%s])"}


def _quoted(value):
    """Double quotes where that needs no more escapes, as formatters have it."""
    text = repr(value)
    start = text.index("'") if "'" in text else -1
    if text.endswith("'") and start >= 0 and '"' not in text and "\\'" not in text:
        return text[:start] + '"' + text[start + 1 : -1] + '"'
    if text.endswith("')") and start >= 0 and '"' not in text:
        return text[:start] + '"' + text[start + 1 : -2] + '")'
    return text
