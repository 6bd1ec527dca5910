"""Makes timed samples of calls of a target. The clock is the runner's, outside this process.

Arguments are built by C code of the interpreter (`marshal`, and for graphs with instances a pickle
whose reducers never run a hook of a class), before the clock runs; results are consumed and released
while it runs. A few calls of each sample keep their outcome for comparison between the sides.
"""

import builtins

__builtins__ = dict(vars(builtins))

import abc
import collections
import copyreg
import enum
import gc
import io
import itertools
import json
import marshal
import pickle
import re
import struct
import sys
import time
import types

from . import accessors, codec, replay, transcripts, values
from .decode import Decoder, builtin_method, fill_function, new_function

PLAIN, GRAPH, ENCODED, UNUSABLE = range(4)
_LEAVES = (str, int, float, bytes, complex)
_UNSIGNED = struct.Struct("<I").unpack_from
_CALL = struct.Struct("<II").unpack_from
_deque = collections.deque
_starmap = itertools.starmap
_islice = itertools.islice
_loads = marshal.loads
_collect, _freeze = gc.collect, gc.freeze
_now = time.perf_counter_ns
_settrace = sys.settrace
# Most items that are taken from a lazy result.
MOST_ITEMS = 100_000
# Larger state than this, some milliseconds of work, is put back once, at the start. By its size and not by the clock:
# both sides must find the same state.
_STATE_BYTES = 40_000
# What tells such a state.
_LARGE = b"large"
# A traced call that takes longer is stopped.
_CALL_NS = 300_000_000
NOTHING, ITEMS, STEPS = range(3)


def unframed(message):
    """Splits parts that stand behind their lengths."""
    parts, at = [], 0
    while at < len(message):
        (length,) = _UNSIGNED(message, at)
        parts.append(bytes(message[at + 4:at + 4 + length]))
        at += 4 + length
    return parts


def framed(parts):
    """Joins parts behind their lengths."""
    out = []
    for part in parts:
        out.append(struct.pack("<I", len(part)))
        out.append(part)
    return b"".join(out)


class Unclonable(Exception):
    """A graph holds something that only the decoder can build."""


def plain(value):
    """The `marshal` blob of plain data; None if it is not plain."""
    try:
        blob = marshal.dumps(value, 4)
    except ValueError:
        return None
    # Code objects and the like are no data; marshal would take them.
    return blob if _is_plain(value) else None


def _is_plain(value):
    pending, seen = [value], set()
    while pending:
        one = pending.pop()
        kind = type(one)
        if one is None or one is ... or kind in _LEAVES or kind is bool:
            continue
        if kind not in (tuple, list, dict, set, frozenset):
            return False
        if id(one) in seen:
            continue
        seen.add(id(one))
        pending.extend(one)
        if kind is dict:
            pending.extend(one.values())
    return True


class Freezer(pickle.Pickler):
    """Writes a graph as a pickle that rebuilds it by C code, without any hook of its classes.

    What is found at module level goes by reference; `names` are the texts in it that are no data.
    `streams` are the generators of a replayed call (`transcripts.Stream`), by identity.
    """

    def __init__(self, file, find_name, streams):
        super().__init__(file, 4)
        self.streams = streams
        self.references = []
        self.numbers = {}
        self.names = set()
        # Kept, so that no other object gets the identity of one.
        self.recipes = []
        self.find_name = find_name

    def persistent_id(self, value):
        kind = type(value)
        if value is None or kind in _LEAVES or kind is bool:
            return None
        number = self.numbers.get(id(value))
        if number is None:
            description = self._description(value, kind)
            if description is None:
                return None
            self.references.append(description)
            number = self.numbers[id(value)] = len(self.references) - 1
        return number

    def _description(self, value, kind):
        own = _OWN_NAMES.get(id(value))
        if own is not None:
            return ("own", own)
        if accessors.type_flags(kind) & accessors.TYPE:
            return ("object",) + _resolvable(value, accessors.type_module(value), accessors.type_qualname(value))
        if kind is types.FunctionType or kind is types.BuiltinFunctionType and type(value.__self__) in (types.ModuleType, type(None)):
            place = value.__module__ or "builtins", value.__qualname__
            # What stands nowhere under its name is built again.
            place = place if _stands(value, *place) else self.find_name(value)
            return None if place is None else ("object", *place)
        if kind is types.CodeType:
            return ("code", marshal.dumps(value))
        if kind is types.ModuleType:
            return ("object", value.__name__, "")
        if kind is _PATTERN:
            # By reference as well: its expression and flags are no data that a sample may change.
            return ("pattern", *accessors.layout_of(kind).base.extract(value))
        if kind is _Recipe:
            return value.description
        if accessors.below(kind, enum.Enum):
            module, qualname = _resolvable(kind, accessors.type_module(kind), accessors.type_qualname(kind))
            if _members(kind).get(value._name_) is not value:
                raise Unclonable(qualname)
            return ("member", module, qualname, value._name_)
        name = self.find_name(value)
        return None if name is None else ("object",) + tuple(name)

    def reducer_override(self, value):
        kind = type(value)
        if kind is types.FunctionType:
            return self._function(value)
        if kind is types.MethodType:
            return (types.MethodType, (value.__func__, value.__self__))
        if kind in codec.METHODS:
            self.names.add(value.__name__)
            return (builtin_method, (value.__self__, value.__name__))
        if kind is re.Match:
            pattern, *found = accessors.layout_of(kind).base.extract(value)
            recipe = _Recipe(("match", ("pattern", pattern.pattern, pattern.flags), *found))
            self.recipes.append(recipe)
            return (_match, (recipe, value.string))
        if kind in _ITERATORS:
            # Fixed types, whose own way to be pickled runs no code of the repository and takes nothing.
            return NotImplemented
        if kind is types.GeneratorType and id(value) in self.streams:
            stream = self.streams[id(value)]
            return (_stream, (stream.items, stream.ending))
        layout = accessors.layout_of(kind)
        if layout.opaque or layout.name is None:
            raise Unclonable(accessors.type_qualname(kind))
        slots = self._slots(layout, value, kind)
        contents = dict(layout.dictionary(value) or {}) if layout.dictionary is not None else {}
        if any(type(name) is not str for name in contents):
            raise Unclonable("an attribute that is no text")
        self.names.update(slots, contents)
        if layout.base is None and _is_simple(kind, bool(slots)):
            state = (contents or None, slots) if slots else contents
            return (copyreg.__newobj__, (kind,), state) if slots or contents else (copyreg.__newobj__, (kind,))
        return self._by_hand(layout, value, kind, slots, contents)

    def _function(self, value):
        self.names.update((value.__module__, value.__name__, value.__qualname__, *value.__dict__, *(value.__kwdefaults__ or ())))
        made = (value.__code__, value.__module__, value.__name__, value.__qualname__)
        state = (value.__defaults__, value.__kwdefaults__, value.__dict__ or None, codec.cells_of(value))
        return (new_function, made, state, None, None, fill_function)

    @staticmethod
    def _slots(layout, value, kind):
        found = {}
        for name, get, _ in layout.slots:
            try:
                found[name.rpartition(".")[2]] = get(value, kind)
            except AttributeError:
                pass
        return found

    def _by_hand(self, layout, value, kind, slots, contents):
        base = layout.base
        payload = None if base is None else base.extract(value)
        if base is codec.SETS:
            payload = (payload,)
        if base is not None and base.create is None:
            raise Unclonable(accessors.type_qualname(kind))
        if accessors.below(kind, tuple) and not slots and not contents:
            return (_tuple_new, (kind, payload[0]))
        made = (kind,)
        if base is not None and base.fill is None:
            made, payload = (kind, payload), None
        if not slots and not contents and payload is None:
            return (_make, made)
        state = (tuple(slots), tuple(slots.values()), tuple(contents), tuple(contents.values()), payload)
        return (_make, made, state, None, None, _fill)


def _is_simple(kind, has_slots):
    """Whether creating and filling an instance by the interpreter's own code runs no hook."""
    hooks = ("__new__", "__setstate__", "__getattr__", "__getattribute__", "__dict__") + (("__setattr__",) if has_slots else ())
    for parent in accessors.type_mro(kind):
        contents = accessors.type_dict(parent)
        if parent is not object and any(hook in contents and type(contents[hook]) is not accessors.GETSET for hook in hooks):
            return False
    return type(kind) is type or type(kind) is abc.ABCMeta


def _stands(value, module, qualname):
    return type(module) is str and accessors.resolve(module, qualname) is value


def _resolvable(value, module, qualname):
    if _stands(value, module, qualname):
        return module, qualname
    raise Unclonable(qualname)


def _members(kind):
    return accessors.type_dict(kind).get("_member_map_", {})


def _make(kind, payload=None):
    base = accessors.layout_of(kind).base
    return accessors.object_new(kind) if base is None else base.create(kind, payload)


def _fill(made, state):
    slots, slot_values, names, members, payload = state
    layout = accessors.layout_of(type(made))
    if payload is not None:
        layout.base.fill(made, payload)
    if slots:
        setters = {name.rpartition(".")[2]: put for name, _, put in layout.slots}
        for name, value in zip(slots, slot_values):
            setters[name](made, value)
    if names:
        layout.dictionary(made).update(zip(names, members))


class _Recipe:
    """Stands for data of which an object is made anew for each call, and which samples do not change."""

    def __init__(self, description):
        self.description = description


def _match(recipe, text):
    """The match in a changed text; in the recorded one where the pattern does not find the same places in it."""
    create = accessors.layout_of(re.Match).base.create
    try:
        return create(re.Match, (recipe[0], text, *recipe[2:]))
    except ValueError:
        _AS_RECORDED[0] += 1
        return create(re.Match, recipe)


# How many values did not take their changed form.
_AS_RECORDED = [0]


def _stream(items, ending):
    """What `transcripts.Stream` gives, with nothing noted."""
    # No `yield from`: what a generator delegates to can be asked for.
    for item in items:
        yield item
    if ending is not None:
        raise ending


class _Rest:
    """Stands for a stream in the encoding of what a call left."""

    def __init__(self, stream):
        self.stream = stream

    def content(self):
        """What the call did not take; asked for once."""
        # A raised ending is the same on both sides wherever the items before it are.
        return ("stream", _outcome(lambda: self.stream, (), ITEMS))


_tuple_new = tuple.__new__
_PATTERN = re.Pattern
_ITERATORS = {kind for kind in values.iterator_types() if kind.__module__ == "builtins" and values.is_rebuilt(kind)}
_OWN = {
    "make": _make, "fill": _fill, "function": new_function, "fill_function": fill_function, "method": types.MethodType,
    "builtin_method": builtin_method, "match": _match, "unset": codec.UNSET, "stream": _stream, "tuple": _tuple_new,
    "newobj": copyreg.__newobj__,
}
_OWN_NAMES = {id(value): name for name, value in _OWN.items()}


class Skeleton:
    """What a graph's pickle refers to, found in this process."""

    def __init__(self, data):
        self.references = [_found(entry) for entry in _loads(data)]

    def build(self, pickled):
        """The graph."""
        unpickler = _Unpickler(io.BytesIO(pickled))
        unpickler.persistent_load = self.references.__getitem__
        return unpickler.load()


class _Unpickler(pickle.Unpickler):
    """One that can be given its `persistent_load`."""


def _found(entry):
    kind, *rest = entry
    if kind == "own":
        return _OWN[rest[0]]
    if kind == "code":
        return _loads(rest[0])
    if kind == "match":
        return (_found(rest[0]), *rest[1:])
    if kind == "pattern":
        return accessors.layout_of(_PATTERN).base.create(_PATTERN, rest)
    if kind == "member":
        return _members(_object(*rest[:2]))[rest[2]]
    return _object(*rest)


def _object(module, qualname):
    if module not in sys.modules:
        __import__(module)
    found = accessors.resolve(module, qualname)
    if found is None:
        raise Unclonable("%s.%s is not there" % (module, qualname))
    return found


def freeze(value, find_name, streams):
    """`(form, skeleton, data, names)` of a value, where `streams` are as a `Freezer` takes them."""
    blob = plain(value)
    if blob is not None:
        return PLAIN, b"", blob, b""
    file = io.BytesIO()
    freezer = Freezer(file, find_name, streams)
    freezer.dump(value)
    skeleton, data = marshal.dumps(freezer.references, 4), file.getvalue()
    Skeleton(skeleton).build(data)
    return GRAPH, skeleton, data, "\0".join(sorted(freezer.names)).encode("utf-8", "surrogatepass")


def handlers(worker):
    """The timing requests' handlers by operation, for the worker's table."""
    return Timing(worker.replayer).operations


class Timing:
    """The timing requests of one worker."""

    def __init__(self, replayer):
        self.replayer = replayer
        self.forms = []
        self.consume = NOTHING
        # Inputs whose states calls find, by number, and the number of each case's.
        self.states, self.state_of = [b""], []
        self.is_state_large = False
        self.function = None
        self.calls = []
        # Values to put back, or none, and how many calls follow.
        self.segments = []
        # Whether a value of each call is as it was recorded though the sample's is another.
        self.as_recorded = []
        self.kept_outcomes = []
        self.operations = {
            16: self.load, 17: self.skeletons, 18: self.build, 19: self.go, 20: self.kept, 21: self.paths, 22: self.empty, 23: self.costs,
        }

    # The cases.

    def load(self, payload):
        """Material of each input: form, skeleton, data, the names in the data that are no values, and what tells its state."""
        parts = []
        find_name = self.replayer.repository.scan().name_of
        inputs = unframed(payload)
        for data in inputs:
            form, skeleton, leaves, names, state = self._material(data, find_name)
            self.forms.append(self._built_by(form, skeleton))
            parts += [bytes([form]), skeleton, leaves, names, state]
        self.state_of = [0] * len(inputs)
        self._begin(inputs[:1] or [b""])
        return framed(parts)

    def _material(self, data, find_name):
        flags = self.replayer.function().__code__.co_flags
        if flags & 0x200:
            return UNUSABLE, b"an asynchronous generator is not timed by itself", b"", b"", b""
        specials = transcripts.Specials()
        try:
            args, keywords, state = Decoder(data, specials).run().root[:3]
        except Exception as error:
            return UNUSABLE, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace")[:500], b"", b"", b""
        told = codec.encode(state, globals_=self.replayer.repository.scan()).bytes if state else b""
        told = accessors.sha256(told).digest() if len(told) <= _STATE_BYTES else _LARGE
        try:
            return (*freeze((args, dict(keywords)), find_name, specials.found), told)
        except Exception:
            # Slower, but it builds whatever was captured.
            return ENCODED, data, b"", b"", told

    @staticmethod
    def _built_by(form, skeleton):
        if form == PLAIN:
            return _loads
        if form == GRAPH:
            return Skeleton(skeleton).build
        if form == ENCODED:
            return lambda leaves: _decoded(skeleton)
        return None

    def skeletons(self, payload):
        """Takes how results are consumed, the states that calls find, and each case's form, skeleton and number of its state."""
        consume, count, *parts = unframed(payload)
        self.consume = consume[0]
        states, parts = parts[: count[0]], parts[count[0] :]
        self.forms = [self._built_by(parts[at][0], parts[at + 1]) for at in range(0, len(parts), 3)]
        self.state_of = [parts[at][0] for at in range(2, len(parts), 3)]
        self._begin(states)
        return b""

    def _begin(self, states):
        self.states = states
        encoded = codec.encode(self._put_state_back(), globals_=self.replayer.repository.scan())
        self.is_state_large = len(encoded.bytes) > _STATE_BYTES
        _collect()
        _freeze()

    def _put_state_back(self):
        """Puts the first state back, with the random generator's."""
        if not self.states[0]:
            return []
        _, _, state, random = Decoder(self.states[0], transcripts.Specials()).run().root
        self._put(state)
        if random is not None and "random" in sys.modules:
            generator = sys.modules["random"]._inst
            type(generator).__base__.setstate(generator, random[0])
            generator.gauss_next = random[1]
        if not state and random is None and len(self.states) == 1:
            self.states = [b""]
        return state

    def _put(self, state):
        for locator, value in state:
            replay._restore(locator, value, self.replayer.find)

    # Samples.

    def build(self, payload):
        """Builds the arguments of the calls of one sample."""
        self.calls, self.kept_outcomes, self.as_recorded = [], [], []
        self.replayer.watch.warnings, self.replayer.watch.logs = [], []
        self.replayer.streams.take()
        if not self.is_state_large:
            self._put_state_back()
        self.function = self.replayer.function()
        forms, calls, at, end = self.forms, [], 0, len(payload)
        found, self.segments = 0, [[None, 0]]
        view = memoryview(payload)
        collecting = gc.isenabled()
        gc.disable()
        try:
            while at < end:
                case, length = _CALL(payload, at)
                at += 8
                before = _AS_RECORDED[0]
                if self.state_of[case] != found:
                    found = self.state_of[case]
                    self.segments.append([Decoder(self.states[found], transcripts.Specials()).run().root[2], 0])
                self.segments[-1][1] += 1
                calls.append(forms[case](view[at:at + length]))
                self.as_recorded.append(_AS_RECORDED[0] > before)
                at += length
        finally:
            if collecting:
                gc.enable()
        self.with_keywords = any(kwargs for _, kwargs in calls)
        self.calls = calls if self.with_keywords else [args for args, _ in calls]
        del calls
        if collecting:
            _collect()
        return b""

    def go(self, payload):
        """Makes the calls; the outcomes of those whose numbers are given are kept."""
        function = self._callable(self.function)
        calls, at, end = iter(self.calls), 0, 0
        kept = iter(struct.unpack("<%dI" % (len(payload) // 4), payload))
        number = next(kept, None)
        for state, count in self.segments:
            # Within the clock, and alike for both sides: a few assignments for many calls.
            if state is not None:
                self._put(state)
            end += count
            while number is not None and number < end:
                _run(function, _islice(calls, number - at), self.consume)
                args = next(calls)
                self.kept_outcomes.append(_outcome(function, args, self.consume) + (args,))
                at, number = number + 1, next(kept, None)
            _run(function, _islice(calls, end - at), self.consume)
            at = end
        return b""

    def empty(self, payload):
        """Makes the calls against a target that does nothing."""
        _run(self._callable(_nothing), iter(self.calls), NOTHING)
        return b""

    def _callable(self, function):
        if self.with_keywords:
            return lambda args, kwargs: function(*args, **kwargs)
        return function

    def kept(self, payload):
        """Canonical encodings of the outcomes that the last sample kept; empty where one is opaque."""
        parts = []
        for outcome in self.kept_outcomes:
            args = outcome[2]
            given = (*args[0], *args[1].values()) if self.with_keywords else args
            encoder = codec.Encoder(None, self.replayer.repository.scan(), False, _rests(given))
            encoder.encode(outcome)
            parts.append(b"" if encoder.opaque or encoder.lazy else encoder.take())
        self.kept_outcomes = []
        return framed(parts)

    # What only the baseline is asked for.

    def paths(self, payload):
        """How each call ends, a digest of the lines that it runs in the target's file, and how much it runs;
        nothing of one whose values did not change as they should."""
        found = []
        for as_recorded, (ends, tracer, _) in zip(self.as_recorded, self._each(payload, traced=True)):
            digest = accessors.sha256(repr(sorted(tracer.lines)).encode()).hexdigest()[:16]
            found.append(None if as_recorded else {"ends": ends, "lines": digest, "events": tracer.events})
        found += [None] * (len(self.calls) - len(found))
        return json.dumps(found).encode()

    def costs(self, payload):
        """Nanoseconds of each call, and how results are to be consumed."""
        costs = [cost for _, _, cost in self._each(payload, traced=False)]
        costs += [None] * (len(self.calls) - len(costs))
        return json.dumps({"costs": costs, "consume": self.consume}).encode()

    def _each(self, payload, traced):
        (seconds,) = struct.unpack("<d", payload)
        function = self._callable(self.function)
        until = _now() + int(seconds * 1e9)
        file = self.function.__code__.co_filename
        states = itertools.chain.from_iterable([state, *[None] * (count - 1)] for state, count in self.segments if count)
        for state, args in zip(states, self.calls):
            if _now() > until:
                return
            if state is not None:
                self._put(state)
            began = _now()
            tracer = Tracer(file, began + _CALL_NS)
            if traced:
                _settrace(tracer.enter)
            try:
                returned, value = _outcome(function, args, self.consume)
            finally:
                cost = _now() - began
                if traced:
                    _settrace(None)
            if returned and self.consume == NOTHING:
                self._note_consumption(type(value))
            yield ("returns " if returned else "raises ") + accessors.type_qualname(type(value)), tracer, cost

    def _note_consumption(self, kind):
        if kind is types.GeneratorType or accessors.is_fixed(kind) and "__next__" in accessors.type_dict(kind):
            self.consume = ITEMS
        elif kind is types.CoroutineType:
            self.consume = STEPS


def _decoded(data):
    args, keywords = Decoder(data, transcripts.Specials()).run().root[:2]
    return args, dict(keywords)


def _rests(values):
    """What stands for the streams among a call's arguments, by identity."""
    return {id(value): _Rest(value) for value in values if type(value) is types.GeneratorType and value.gi_code is _stream.__code__}


def _nothing(*args, **kwargs):
    return None


def _run(function, calls, consume):
    """Makes the calls in order; what they raise is let go."""
    while True:
        try:
            if consume == NOTHING:
                _deque(_starmap(function, calls), 0)
            elif consume == ITEMS:
                for args in calls:
                    _deque(_islice(function(*args), MOST_ITEMS), 0)
            else:
                for args in calls:
                    _drive(function(*args))
            return
        except BaseException:  # noqa: B902 - whatever is raised is behaviour
            pass


def _outcome(function, args, consume):
    try:
        value = function(*args)
        if consume == ITEMS:
            value = list(_islice(value, MOST_ITEMS))
        elif consume == STEPS:
            value = _drive(value)
        return True, value
    except BaseException as error:  # noqa: B902
        return False, error


def _drive(coroutine):
    try:
        for _ in range(MOST_ITEMS):
            coroutine.send(None)
    except StopIteration as end:
        return end.value
    return None


class TooLong(BaseException):
    """A call that does not come to an end on changed values."""


class Tracer:
    """Notes the lines that run in one file, and stops a call that takes too long."""

    def __init__(self, file, until):
        self.file = file
        self.until = until
        self.lines = set()
        self.events = 0

    def enter(self, frame, event, argument):
        """The trace function of new frames."""
        self.count()
        return self.line if frame.f_code.co_filename == self.file else None

    def line(self, frame, event, argument):
        """The trace function within the file."""
        self.count()
        self.lines.add((frame.f_code.co_firstlineno, frame.f_lineno))
        return self.line

    def count(self):
        """Counts one event."""
        self.events += 1
        if not self.events & 63 and _now() > self.until:
            raise TooLong()
