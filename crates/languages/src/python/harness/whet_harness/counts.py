"""What is counted in observed copies of targets: plain data, no method of a seen object is called.

The documents that `document()` answers are core's Observations.
"""

import collections
import os
import sys

# Exact types whose length and elements can be read without running anybody's code.
SIZED = (str, bytes, bytearray, list, tuple, dict, set, frozenset, range, collections.deque)
_SIZED = frozenset(SIZED)
_ATOMS = frozenset((int, float, complex, bool, str, bytes, type(None)))
# The interpreter keeps one None, one True and so on: that a result is an argument says nothing.
SAME_EVERYWHERE = (type(None), bool, int)
_UNHASHABLE = frozenset((list, dict, set, bytearray, collections.deque))
_SEQUENCES = frozenset((list, tuple, collections.deque))
# Arguments are told apart by their first elements and their length.
_ELEMENTS_SEEN = 24
_TYPES_KEPT = 16
_SKETCH = 4096
# No size is told that is larger: sums of many still fit what they are read into.
LONGEST = 1 << 53

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_names = {}


def type_name(kind):
    """`builtins.list` for a type, read past its metaclass."""
    name = _names.get(kind)
    if name is None:
        module, qualname = type.__dict__["__module__"], type.__dict__["__qualname__"]
        try:
            name = "%s.%s" % (module.__get__(kind), qualname.__get__(kind))
        except Exception:
            name = "unknown"
        _names[kind] = name
    return name


def fingerprint(value, depth=2):
    """A hashable stand-in for a value: by content for built-in data, by identity for all else."""
    kind = type(value)
    if kind in _ATOMS:
        # Equal numbers of different types are different, and so are -0.0 and 0.0.
        return (kind, repr(value)) if kind is float or kind is complex else (kind, value)
    if depth and kind in _SEQUENCES:
        elements = [fingerprint(value[index], depth - 1) for index in range(min(len(value), _ELEMENTS_SEEN))]
        return (kind, len(value), tuple(elements))
    if depth and kind is dict:
        elements = []
        try:
            for key in value:
                elements.append((fingerprint(key, depth - 1), fingerprint(dict.__getitem__(value, key), depth - 1) if type(key) in _ATOMS else 0))
                if len(elements) == _ELEMENTS_SEEN:
                    break
        except Exception:
            return (kind, id(value))
        return (kind, len(value), tuple(elements))
    if kind in _SIZED:
        return (kind, length(value), id(value))
    return (kind, id(value))


def equals(left, right):
    """Whether two values are one object, or equal data of built-in types that compare in C alone."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind in _ATOMS:
        return left == right
    if kind in (list, tuple) and len(left) == len(right) and len(left) <= _ELEMENTS_SEEN:
        return all(type(a) in _ATOMS and type(a) is type(b) and a == b for a, b in zip(left, right))
    return False


def is_hashable(value):
    kind = type(value)
    if kind is tuple:
        return all(is_hashable(element) for element in value[:_ELEMENTS_SEEN])
    if kind in _UNHASHABLE:
        return False
    return type.__getattribute__(kind, "__hash__") is not None


def length(value):
    """The length of sized data; a range may have more elements than a length can tell."""
    try:
        return min(len(value), LONGEST)
    except OverflowError:
        return LONGEST


def size_of(value, depth=1):
    """How large an input is: elements of built-in containers, characters of texts."""
    kind = type(value)
    if kind not in _SIZED:
        return 0
    size = length(value)
    if depth and kind in _SEQUENCES:
        for index in range(min(size, 1000)):
            size += size_of(value[index], depth - 1)
    return size


class Values:
    """Types and sizes."""

    __slots__ = ("count", "types", "sized", "empty", "size_sum", "size_max")

    def __init__(self):
        self.count = self.sized = self.empty = self.size_sum = self.size_max = 0
        self.types = {}

    def see(self, value):
        self.count += 1
        kind = type(value)
        types = self.types
        if kind in types:
            types[kind] += 1
        elif len(types) < _TYPES_KEPT:
            types[kind] = 1
        if kind in _SIZED:
            size = length(value)
            self.sized += 1
            self.size_sum = min(self.size_sum + size, LONGEST)
            if not size:
                self.empty += 1
            elif size > self.size_max:
                self.size_max = size

    def document(self):
        names = {}
        for kind, count in self.types.items():
            names[type_name(kind)] = names.get(type_name(kind), 0) + count
        return {
            "count": self.count,
            "types": ranked(names),
            "sized": self.sized,
            "empty": self.empty,
            "size_sum": self.size_sum,
            "size_max": self.size_max,
        }


def ranked(counts, most=_TYPES_KEPT):
    """Names with their counts, the most frequent first."""
    return [[name, count] for name, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most]]


class Branch:
    what = "branch"
    __slots__ = ("taken", "not_taken")

    def __init__(self):
        self.taken = self.not_taken = 0

    def seen(self):
        return self.taken or self.not_taken

    def document(self):
        return {"taken": self.taken, "not_taken": self.not_taken}


class Value:
    what = "value"
    __slots__ = ("values",)

    def __init__(self):
        self.values = Values()

    def seen(self):
        return self.values.count

    def document(self):
        return {"values": self.values.document()}


class Loop:
    what = "loop"
    __slots__ = ("entered", "trips", "most", "broke")

    def __init__(self):
        self.entered = self.trips = self.most = self.broke = 0

    def ended(self, trips, broke):
        self.trips += trips
        self.broke += broke
        if trips > self.most:
            self.most = trips

    def seen(self):
        return self.entered

    def document(self):
        return {"entered": self.entered, "trips": self.trips, "most": self.most, "broke": self.broke}


class Try:
    what = "try"
    __slots__ = ("entered", "raised")

    def __init__(self):
        self.entered = 0
        self.raised = {}

    def see(self, kind):
        name = type_name(kind)
        self.raised[name] = self.raised.get(name, 0) + 1

    def seen(self):
        return self.entered

    def document(self):
        return {"entered": self.entered, "raised": ranked(self.raised)}


class Call:
    what = "call"
    __slots__ = ("count", "returns_argument", "same_as_last", "last", "raised")

    def __init__(self):
        self.count = self.returns_argument = self.same_as_last = 0
        self.last = None
        self.raised = {}

    def seen(self):
        return self.count

    def document(self):
        return {
            "count": self.count,
            "returns_argument": self.returns_argument,
            "same_as_last": self.same_as_last,
            "raised": ranked(self.raised),
        }


class Whole:
    """Counts over whole calls of one target."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.values = [Values() for _ in parameters]
        self.same = [0] * len(parameters)
        self.hashable = [True] * len(parameters)
        self.returned = Values()
        self.result_is_argument = self.result_equals_argument = self.same_as_last = self.sampled = 0
        self.raised = {}
        self.callers = {}
        self.last = None
        self.sketch = set()
        self.timings = []

    def enter(self, arguments, caller):
        """Counts one call's arguments."""
        self.sampled += 1
        prints = []
        for index, value in enumerate(arguments):
            self.values[index].see(value)
            if self.hashable[index] and not is_hashable(value):
                self.hashable[index] = False
            prints.append(fingerprint(value))
        if self.last is not None:
            if self.last == prints:
                self.same_as_last += 1
            for index, (before, now) in enumerate(zip(self.last, prints)):
                self.same[index] += before == now
        self.last = prints
        if len(self.sketch) < _SKETCH:
            self.sketch.add(hash(tuple(prints)))
        if caller is not None and (caller in self.callers or len(self.callers) < 64):
            self.callers[caller] = self.callers.get(caller, 0) + 1

    def leave(self, arguments, result):
        """Counts one call's result."""
        self.returned.see(result)
        is_atom = type(result) in SAME_EVERYWHERE
        if any(result is argument for argument in arguments):
            self.result_is_argument += not is_atom
            self.result_equals_argument += not is_atom
        elif any(equals(result, argument) for argument in arguments):
            self.result_equals_argument += not is_atom

    def fail(self, kind):
        name = type_name(kind)
        self.raised[name] = self.raised.get(name, 0) + 1

    def document(self, calls, positions):
        callers = {"%s:%s:%d" % place: count for place, count in self.callers.items()}
        parameters = [
            {"name": name, "values": values.document(), "same_as_last": same, "hashable": hashable}
            for name, values, same, hashable in zip(self.parameters, self.values, self.same, self.hashable)
        ]
        return {
            "calls": calls,
            "sampled": self.sampled,
            "parameters": parameters,
            "positions": positions,
            "returned": self.returned.document(),
            "result_is_argument": self.result_is_argument,
            "result_equals_argument": self.result_equals_argument,
            "raised": ranked(self.raised),
            "same_as_last": self.same_as_last,
            "distinct_arguments": len(self.sketch),
            "sketch_full": len(self.sketch) >= _SKETCH,
            "callers": ranked(callers, 32),
        }


def caller_of(frame):
    """`(module, qualname, line)` of the frame that called `frame`."""
    caller = frame.f_back
    while caller is not None and caller.f_code.co_filename.startswith(_HERE):
        caller = caller.f_back
    if caller is None:
        return None
    code = caller.f_code
    return (caller.f_globals.get("__name__") or "?", getattr(code, "co_qualname", code.co_name), caller.f_lineno)


getframe = sys._getframe
