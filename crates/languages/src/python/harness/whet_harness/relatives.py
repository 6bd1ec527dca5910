"""Relatives of a value: near it, equal to it but of another type or another object, at the edges of its type.

Everything here is deterministic; `Context` carries what the sources and the recorded calls offer.
"""

import itertools
import re

from . import library
from .plain import Bytes, Dict, Float, Int, List, Set, Str, Tuple

NAN = float("nan")
INFINITY = float("inf")


# One text for each thing that text handling gets wrong: case pairs of other lengths, digits that are
# none of 0-9, spaces that are not ASCII, line ends, combining marks, surrogates, other planes.
TEXTS = (
    "", " ", "a", "A", "0", "-1", "1e5", "\n", "\r\n", "\t", "\x00", "\x1c", "\x85", "\xa0", "\u2028", "\u3000", "\u200b",
    "ß", "ẞ", "İ", "ı", "ﬁ", "ŉ", "ς", "Σ", "ǅ", "é", "e\u0301", "²", "٣", "½", "Ⅷ", "中", "\U0001f600", "\ud800", "\ufeff",
    "\\", "'", '"', "%s", "{}", "$1", "a b", "a,b", "<b>", "_", "__", ".", "*", "None", "True",
)
# The same by what they are mistaken for, each group tried in one text: what one of them does shows at once.
TOGETHER = (
    ("ends of lines and spaces", ("\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\xa0", "\u2028", "\u2029", "\u3000", "\u200b")),
    ("letters in pairs of cases", ("ß", "ẞ", "İ", "ı", "ﬁ", "ŉ", "ς", "Σ", "ǅ", "é", "e\u0301", "ª", "\u212a")),
    ("digits", ("0", "9", "²", "٣", "½", "Ⅷ", "१", "-1", "1e5", "1_0", "+2")),
    ("signs", ("'", '"', "\\", "%s", "{}", "$1", "<b>", "&", "#", ";", "_", "__", ".", "*", "\x00", "\ud800", "\ufeff", "\U0001f600")),
)
NUMBERS = (0, 1, -1, 2, 3, 7, 10, 255, 256, -256, 2**31 - 1, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, -(10**30), 10**400)
FLOATS = (0.0, -0.0, 0.5, -0.5, 1.0, 1.5, 2.5, 0.1, 1e-9, 5e-324, 1e16, 1e308, NAN, INFINITY, -INFINITY, 2.0**53)


class Context:
    """What mutations draw on besides the value itself."""

    def __init__(self, constants=None, others=()):
        constants = constants or {}
        self.numbers = list(constants.get("numbers", ()))
        self.texts = list(constants.get("texts", ()))
        self.bytes = list(constants.get("bytes", ()))
        self.sizes = list(constants.get("sizes", ()))
        self.signs = list(constants.get("signs", ()))
        self.others = list(others)


def relatives(value, context):
    """Answers `(name, relative)` pairs; the name says what is tried."""
    kind = type(value)
    make = _MAKERS.get(kind) or library.maker(value, kind)
    found = list(_made(make, value, context)) if make is not None else []
    if value is not None:
        found.append(("none", None))
    if kind in (str, int, float, bool, bytes, tuple):
        found.append(("unhashable", []))
    return found


def _made(make, value, context):
    """What a maker makes before it meets the end of what the type can hold."""
    try:
        yield from make(value, context)
    except (OverflowError, ArithmeticError, ValueError):
        pass


def _of_bool(value, context):
    yield "equal int", int(value)
    yield "equal float", float(value)
    yield "other truth", not value
    yield "number", 2


def _of_int(value, context):
    if value in (0, 1):
        yield "equal bool", bool(value)
    if abs(value) <= 2**53:
        yield "equal float", float(value)
    yield "subclass", Int(value)
    yield "negated", -value
    for near in (value - 1, value + 1, value * 2, value // 2):
        yield "near", near
    if abs(value) < 10**40:
        # What rounds up to one more digit, or to the next unit of 1000 or 1024.
        yield "below a power", 10 ** len(str(abs(value))) - 1
        yield "below a power", (1 << -(-int.bit_length(value) // 10) * 10) - 1
    for number in context.numbers:
        if type(number) is int:
            yield "constant", number
    for number in NUMBERS:
        yield "edge", number
    yield "not a number", NAN
    yield "truth", True
    yield "untruth", False


def _of_float(value, context):
    if value == value and abs(value) != INFINITY and value == int(value):
        yield "equal int", int(value)
    yield "subclass", Float(value)
    yield "negated", -value
    for near in (value + 1, value * (1 + 2**-52), value * (1 - 2**-53), value / 3, value + 1e-9, value * 1e10):
        yield "near", near
    for number in context.numbers:
        yield "constant", float(number) if type(number) is int and abs(number) < 2**1000 else number
    for number in FLOATS:
        yield "edge", number
    if value == value and abs(value) < 1e300:
        yield "rounded", float(round(value))
        yield "below a power", (1 - 2e-4) * 10.0 ** len(str(int(abs(value))))
        yield "half", int(value) + 0.5
    yield "whole", 3
    yield "truth", True


def _of_str(value, context):
    yield "equal, another object", "".join(list(value))
    yield "subclass", Str(value)
    yield "empty", ""
    yield "first character", value[:1]
    yield "without the first", value[1:]
    yield "without the last", value[:-1]
    yield "twice", value + value
    yield "backwards", value[::-1]
    for name, changed in (("upper", value.upper()), ("lower", value.lower()), ("title", value.title()), ("swapped", value.swapcase())):
        yield name + " case", changed
    for space in (" ", "\n", "\t", "\xa0"):
        yield "space around", space + value + space
    middle = len(value) // 2
    for name, texts in TOGETHER:
        yield name + " together", (value[:1] or "a").join(("", *texts, ""))
    for text in context.texts[:40]:
        yield "constant", text
        yield "constant at the start", text + value
        yield "constant at the end", value + text
        yield "constant inside", value[:middle] + text + value[middle:]
        yield "constant after the first half", value[:middle] + text
        yield "constant twice", text + value + text
    for text in TEXTS:
        yield "edge", text
        yield "edge inside", value[:middle] + text + value[middle:]
    yield "last again", value + value[-1:]
    yield "zeros before the digits", re.sub("[0-9]+", lambda digits: "00000" + digits.group(), value)
    yield "line end at the end", value + "\n"
    yield "space at the end", value + " "
    for name, text in (("a power", "²"), ("a digit of another script", "٣"), ("an underscore", "_"), ("many digits", "0123456789" * 2), ("very many digits", "1" * 4400)):
        yield name + " behind a digit", re.sub("[0-9]", lambda digit: digit.group() + text, value, count=1)
    # A sigma is written otherwise where a word ends.
    for text in ("\r\n", "\x00", "ß", "İ", "e\u0301", "٣", "\U0001f600", "\ud800", "ΑΣ"):
        yield "edge at the start", text + value
        yield "edge at the end", value + text
    for size in context.sizes[:12]:
        yield "size", _stretched(value or "a", size)
    yield "long", _stretched(value or "ab", 2000)
    yield "long unbroken", "x" * 1500


def _of_bytes(value, context):
    kind = type(value)
    yield "equal, of another type", bytearray(value) if kind is bytes else bytes(value)
    if kind is bytes:
        yield "subclass", Bytes(value)
    for name, changed in (("empty", b""), ("first", value[:1]), ("without the last", value[:-1]), ("twice", value + value), ("backwards", value[::-1])):
        yield name, kind(changed)
    for constant in context.bytes[:20]:
        yield "constant", kind(constant)
        yield "constant inside", kind(value[:1] + constant + value[1:])
    for edge in (b"\x00", b"\xff", b"\xc3", b"\r\n", b"\xef\xbb\xbf", bytes(range(256)), b"x" * 1500):
        yield "edge", kind(edge)


def _of_sequence(value, context):
    kind = type(value)
    yield "equal, of another type", tuple(value) if kind is list else list(value)
    yield "subclass", List(value) if kind is list else Tuple(value)
    yield "empty", kind()
    yield "first", kind(value[:1])
    yield "first two", kind(value[:2])
    yield "without the last", kind(value[:-1])
    yield "backwards", kind(value[::-1])
    yield "one twice", kind([value[0]] * 2) if value else kind([None] * 2)
    yield "each twice", kind([item for item in value for _ in (0, 1)])
    yield "itself twice", kind(list(value) + list(value))
    yield "stream", OneShot(value)
    yield "iterator", iter(value)
    yield "first again at the end", kind([*value, *value[:1]])
    # Among others, so that the function meets it: one that is never looked at tells nothing.
    few = list(value) * 2 if len(value) == 1 else list(value)
    if value:
        yield "stream of what has no hash too", OneShot([*few, []])
    for odd in (None, NAN, -0.0, True, 1, 1.0, 10**400, "", [], ()) if value else ():
        yield "odd element", kind(few + [odd])
        yield "odd element first", kind([odd] + few)
    if value:
        # One object that does not equal itself: found by identity, and not by comparison.
        yield "odd element twice", kind([*few, NAN, NAN])
    yield from _alike_inside(kind, few)
    for number, held in enumerate(({1}, {"a": 1}, b"a", "ab", [1], (1,), List([1]), Tuple((1,)), OneShot((1,))) if value else ()):
        yield "container %d as element" % number, kind(few + [held])
    if value:
        yield "a number beside its text", kind([*few, 1, "1"])
    for other in _equals(value[0], context) if value else ():
        yield "equal of another type after it", kind(list(value) + [other])
        yield "equal of another type before it", kind([other] + list(value) + [value[0]])
    if value:
        yield "one replaced by none", kind([None] + list(value[1:]))
        yield "first moved last", kind(list(value[1:]) + [value[0]])
        try:
            yield "sorted", kind(sorted(value))
            yield "sorted backwards", kind(sorted(value, reverse=True))
        except Exception:
            pass
        for size in context.sizes[:12] + [300]:
            yield "size", kind(value[number % len(value)] for number in range(min(size, 3000)))
    else:
        yield "filled", kind([1, 2, 2, 1])
        yield "texts", kind(["a", "b", "a"])
    yield "nested", kind([value])
    yield "deeply nested", _deep(kind, value)


def _alike_inside(kind, value):
    """Two members of one type within a short tuple or list made equal: names that are told apart elsewhere."""
    held = value[0] if value else ()
    if type(held) in (tuple, list) and len(held) <= 8:
        for first in range(len(held)):
            for second in range(first + 1, len(held)):
                if type(held[first]) is type(held[second]) and held[first] != held[second]:
                    changed = list(held)
                    changed[second] = held[first]
                    yield "members alike inside an element", kind([type(held)(changed), *value[1:]])


def _equals(value, context):
    """Relatives that equal an atom and are of another type, or written otherwise; its maker tells them first."""
    if type(value) not in (str, int, float, bool):
        make = library.maker(value, type(value))
        return [relative for name, relative in make(value, context) if name.startswith("equal")] if make is not None else []
    equal = itertools.takewhile(lambda named: named[0].startswith(("equal", "subclass")), _MAKERS[type(value)](value, context))
    return [relative for _, relative in equal if type(relative) is not type(value)]


# Types of what a parameter with a default is set to.
OPTIONS = (bool, int, str, type(None))
# How one argument may follow from another (`related`), and of which types.
RELATED = (str, bytes, list, tuple)
RELATIONS = (
    "equal", "another case", "backwards", "turned by one", "turned by five", "turned by a third", "one changed", "one more inside",
    "one less inside", "in front", "at the end", "first half", "other order inside",
)


def related(value, relation):
    """A text or list that is not empty, of some length, and its relative; None where there is none."""
    kind = type(value)
    if relation.startswith("turned"):
        # Of few letters the parts are alike, wherever they are moved.
        members = value + "abcdefghijklmnopqrstuvwxyz" if kind is str else value
        value = _mixed(members, 100 if relation == "turned by a third" else 30)
    middle = len(value) // 2
    one, odd = value[:1], {str: "~", bytes: b"~"}.get(kind) or kind([None])
    turned = {"turned by one": 1, "turned by five": 5, "turned by a third": len(value) // 3}.get(relation)
    if turned is not None:
        return value, value[turned:] + value[:turned]
    changed = {
        "equal": value[:1] + value[1:],
        "another case": value.swapcase() if kind in (str, bytes) else None,
        "backwards": value[::-1],
        "one changed": value[:middle] + odd + value[middle + 1 :],
        "one more inside": value[:middle] + odd + value[middle:],
        "one less inside": value[:middle] + value[middle + 1 :],
        "in front": odd + value,
        "at the end": value + one,
        "first half": value[:middle],
        "other order inside": value[:middle] + value[middle : middle + 2][::-1] + value[middle + 2 :],
    }[relation]
    return None if changed is None else (value, changed)


# How an argument may stand among the elements of another (`with_member`), and of which types they are.
CONTAINERS = (list, tuple, set, frozenset, dict)
ATOMS = (str, int, float, bool, bytes, tuple, type(None))
MEMBERSHIPS = (
    "alone", "first", "last", "twice", "beside what has no hash", "after what has no hash", "before an equal of another type",
    "after an equal of another type", "none",
)


def with_member(value, member, how, context):
    """A container with another argument among its elements, or among its keys; None where it can't be."""
    kind = type(value)
    equal = next(iter(_equals(member, context)), None)
    changed = {
        "alone": lambda rest: [member],
        "first": lambda rest: [member, *rest],
        "last": lambda rest: [*rest, member],
        "twice": lambda rest: [member, *rest, member],
        "beside what has no hash": lambda rest: [member, *rest, []],
        "after what has no hash": lambda rest: [[], *rest, member],
        "before an equal of another type": lambda rest: [member, *rest, equal],
        "after an equal of another type": lambda rest: [equal, *rest, member],
        "none": lambda rest: rest,
    }[how]([element for element in value if element != member])
    try:
        return {key: value.get(key, member) for key in changed} if kind is dict else kind(changed)
    except TypeError:
        return None


def _mixed(value, size):
    """A text or list of the same members in no order, so that moving it is not repeating it."""
    number, found = 1, value[:0]
    for _ in range(size):
        number = (number * 1103515245 + 12345) % 2**31
        place = (number >> 16) % len(value)
        found += value[place : place + 1]
    return found


def _of_dict(value, context):
    items = list(value.items())
    yield "subclass", Dict(value)
    yield "empty", {}
    yield "first", dict(items[:1])
    yield "without the last", dict(items[:-1])
    yield "another order", dict(items[::-1])
    for odd in (None, NAN, True, 1, 1.0, "", ()):
        yield "odd key", dict(items + [(odd, odd)])
    for text in context.texts[:20]:
        if text not in value:
            yield "constant key", dict(items + [(text, items[0][1] if items else text)])
    for key, member in items[:6]:
        yield "none member", dict(value, **{key: None}) if type(key) is str else dict(items + [(key, None)])
        if type(key) is str:
            yield "key of another case", dict([(key.swapcase(), member)] + items)
    if len(items) > 1:
        yield "members swapped", dict(zip([key for key, _ in items], [member for _, member in items[::-1]]))
        yield "one member twice", dict.fromkeys([key for key, _ in items], items[0][1])
    if items:
        yield "large", dict(items + [(("k%d" % number) if type(items[0][0]) is str else number, items[0][1]) for number in range(300)])


def _of_set(value, context):
    kind = type(value)
    yield "equal, of another type", frozenset(value) if kind is set else set(value)
    if kind is set:
        yield "subclass", Set(value)
    yield "empty", kind()
    for odd in (None, NAN, True, 1.0, "", ()):
        yield "odd element", kind(list(value) + [odd])
    for element in sorted(value, key=repr)[:2]:
        yield "without one", kind(value - {element})
    yield "large", kind(list(value) + list(range(300)))


def _of_none(value, context):
    for other in context.others:
        yield "as another call had it", other
    for edge in (0, 1, "", "a", [], {}, 0.0, True, ()):
        yield "edge", edge


def _of_match(value, context):
    """What the same pattern finds elsewhere in the text, and where what it or one of its groups found is changed."""
    text, begin = value.string, value.start()
    yield from (("another match", found) for found in itertools.islice(value.re.finditer(text), 4))
    if type(text) not in (str, bytes):
        return
    shift = begin if len(text) > 4000 else 0
    text = text[shift : value.end()] if shift else text
    for start, end in list(dict.fromkeys(span for span in value.regs if span[0] >= 0))[:5]:
        start, end = start - shift, end - shift
        for name, changed in _MAKERS[type(text)](text[start:end], context):
            # Patterns that take very long take it on long texts.
            if type(changed) is type(text) and len(changed) <= 2 * (end - start) + 40:
                found = value.re.search(text[:start] + changed + text[end:], begin - shift)
                if found is not None:
                    yield "match with " + name, found


class OneShot:
    """Stands for a generator over `items` until an input is made of it."""

    def __init__(self, items):
        self.items = items


class Script:
    """Stands for a function that is passed in and plays a script until an input is made of it."""

    def __init__(self, name, values):
        self.name = name
        self.values = values


def of_function(value, context):
    """Relatives of a function that is passed in."""
    yield "returns in turn", Script("returns", (1, 0, None, "a"))
    yield "returns what has no hash", Script("returns", ([1], [0], [1]))
    yield "returns its argument", Script("first", ())
    yield "returns one value", Script("returns", (1,))
    yield "raises at once", Script("raises", (1, KeyError("whet")))
    yield "raises later", Script("raises", (3, ValueError("whet")))
    yield "ends an iteration", Script("raises", (2, StopIteration()))
    yield "is interrupted", Script("raises", (1, KeyboardInterrupt()))
    yield "leaves", Script("raises", (2, SystemExit(3)))
    yield "raises no plain error", Script("raises", (1, BaseException("whet")))
    yield "mutates", Script("mutates", (True, False))
    yield "mutates the call's inputs", Script("disturbs", (True, False))


def of_stream(value, context):
    """Relatives of an iterator that is passed in; it is used up by making them."""
    items = []
    try:
        for item in itertools.islice(value, 1000):
            items.append(item)
    except Exception:
        # One that was recorded may end like this.
        pass
    yield "stream", OneShot(items)
    yield "as a list", items
    yield "empty stream", OneShot([])
    yield "one", OneShot(items[:1])
    yield "each twice", OneShot([item for item in items for _ in (0, 1)])
    for name, changed in _of_sequence(items, context):
        if type(changed) is list:
            yield "stream, " + name, OneShot(changed)
    for name, changed in relatives(items[0], context) if items else ():
        yield "stream with " + name, OneShot([items[0], changed, *items[1:]])


def _stretched(value, size):
    whole, rest = divmod(max(0, min(size, 5000)), len(value))
    return value * whole + value[:rest]


def _deep(kind, value):
    for _ in range(40):
        value = kind([value])
    return value


_MAKERS = {
    bool: _of_bool,
    int: _of_int,
    float: _of_float,
    str: _of_str,
    bytes: _of_bytes,
    bytearray: _of_bytes,
    list: _of_sequence,
    tuple: _of_sequence,
    dict: _of_dict,
    set: _of_set,
    frozenset: _of_set,
    type(None): _of_none,
    re.Match: _of_match,
}


def of_annotation(text):
    """Values for a parameter by its annotation's text; empty where nothing is known of it."""
    found = []
    named = set(words(text))
    for names, values in _ANNOTATED:
        if named & names:
            found.extend(values)
    return found


def words(text):
    """The names in an annotation's text, without the modules before them."""
    word, found = "", []
    for character in text + " ":
        if character.isalnum() or character in "._":
            word += character
        elif word:
            found.append(word.rpartition(".")[2])
            word = ""
    return found


_ANNOTATED = (
    ({"int", "Integral", "SupportsInt"}, (0, 1, -1, 7, 2**64)),
    ({"float", "Real", "Number", "SupportsFloat"}, (0.0, -0.0, 1.5, NAN, INFINITY, 3)),
    ({"bool"}, (True, False)),
    ({"str", "AnyStr", "Text"}, ("", "a", "Ab c", "ß\n")),
    ({"bytes", "ByteString", "Buffer"}, (b"", b"a\xff")),
    ({"list", "List", "Sequence", "Iterable", "Collection", "Iterator", "MutableSequence"}, ([], [1, 2, 2], ["b", "a"], [0.5, None])),
    ({"tuple", "Tuple"}, ((), (1, 2), ("a", 1))),
    ({"dict", "Dict", "Mapping", "MutableMapping"}, ({}, {"a": 1, "b": 2})),
    ({"set", "Set", "AbstractSet", "MutableSet", "frozenset", "FrozenSet"}, (set(), {1, 2})),
    ({"Optional", "None", "Any"}, (None,)),
)

