"""Plays the other side: passed-in callables and one-shot streams whose use is logged, and iterators,
generators, coroutines and callables that a call gives back, driven step by step."""

import builtins

__builtins__ = dict(vars(builtins))

import functools
import sys
import types

from . import accessors, codec

STEPS = 400
_VARIADIC = 4 | 8  # CO_VARARGS, CO_VARKEYWORDS


class Specials:
    """The streams and callees of one call, by identity; the log of what was asked of them."""

    def __init__(self):
        self.found = {}
        # Streams whose items are told apart from them, in the order in which they were met.
        self.unknown = []
        self.events = []
        self.encode_event = None
        # The arguments of the call, for a callee that changes them under way.
        self.inputs = ()

    def make(self, number, content):
        """Builds a stream or callee from its content (docs/encoding.md, tag `W`)."""
        kind = content[0]
        if kind == "stream":
            made = Stream(content[1], content[2])
            value = made.generator()
            if content[1] is None:
                self.unknown.append(made)
        elif kind == "callee":
            made = Callee(self, number, content[1], content[2])
            value = made.function()
        else:
            raise ValueError(kind)
        self.found[id(value)] = made
        made.value = value
        return value

    def learn(self, steps):
        """Takes what streams gave while their call was recorded."""
        for stream in self.unknown:
            stream.items = []
        for number, what, value in steps:
            if what == "gives":
                self.unknown[number].items.append(value)
            else:
                self.unknown[number].ending = value
        self.unknown = []

    def wrap(self, number, function, way, built):
        """A callee in the place of a function that is passed in: it does the same, and is logged. With the way `raises` it
        raises from its second call on, with `silent` it gives nothing back, with `changes` its first call also changes its
        first argument, if that is one of those `built` for the call."""
        made = Callee(self, number, "wraps", (function, 1 if way == "raises" else None))
        made.way, made.built = way, built
        value = made.function()
        self.found[id(value)] = made
        made.value = value
        return value

    def log(self, number, args, kwargs):
        """Notes one call of a callee with its arguments as they are now."""
        if len(self.events) < 20_000 and self.encode_event is not None:
            self.events.append(self.encode_event((number, args, tuple(kwargs.items()))))


class Stream:
    """A generator over given items that tells how many were taken. An item that is an exception
    instance wrapped in a one-tuple is raised in its turn."""

    def __init__(self, items, ending):
        self.items = items
        self.ending = ending
        self.taken = 0
        self.closed = False
        self.value = None

    def generator(self):
        """The generator itself."""
        def stream():
            try:
                for item in list(self.items):
                    self.taken += 1
                    yield item
                if self.ending is not None:
                    raise self.ending
            finally:
                self.closed = True

        return stream()

    def content(self):
        """What stands for it in an encoding."""
        return ("stream", self.items, self.ending, self.taken, self.closed)


class Callee:
    """A function passed in, by script: `returns` cycles through values, `raises` raises the second
    value from the n-th call on, `mutates` also changes its first argument, `disturbs` changes once the
    inputs of the call that it was passed to, `wraps` calls another for a while."""

    def __init__(self, specials, number, script, values):
        self.specials = specials
        self.number = number
        self.script = script
        self.values = values
        self.calls = 0
        self.value = None
        self.way, self.built = "", ()

    def function(self):
        """The function itself: a plain Python function, with the wrapped one's name."""
        def callee(*args, **kwargs):
            return self.answer(args, kwargs)

        if self.script == "wraps":
            functools.update_wrapper(callee, self.values[0])
        return callee

    def answer(self, args, kwargs):
        """Logs a call and answers it."""
        self.calls += 1
        self.specials.log(self.number, args, kwargs)
        if self.script == "wraps":
            if self.values[1] is not None and self.calls > self.values[1]:
                raise KeyError("whet")
            answer = self.values[0](*args, **kwargs)
            if self.way == "changes" and self.calls == 1 and args and id(args[0]) in self.built:
                change(args[0])
            return None if self.way == "silent" else answer
        if self.script == "raises" and self.calls >= self.values[0]:
            raise self.values[1]
        if self.script == "mutates" and args:
            mutate(args[0])
        if self.script == "disturbs" and self.calls == 1:
            for value in self.specials.inputs:
                mutate(value)
        if self.script == "first":
            return args[0] if args else None
        return self.values[(self.calls - 1) % len(self.values)] if self.script != "raises" else None

    def content(self):
        """What stands for it in an encoding."""
        return ("callee", self.script, self.values, self.calls)


def mutate(value):
    """Changes one of the interpreter's own containers in a way that shows and brings no type that was
    not there before; True if it did."""
    kind = type(value)
    if not (kind is list or kind is dict or kind is set or kind is bytearray) or not value:
        return False
    if kind is list:
        value.append(_another(value))
    elif kind is dict:
        dict.popitem(value)
    elif kind is set:
        set.clear(value)
    else:
        value.append(7)
    return True


def change(value):
    """Changes a container, or an object by one of its plain attributes: one that says yes or no, else one of few choices,
    else a number or a text."""
    layout = accessors.layout_of(type(value))
    own = layout.dictionary(value) if layout.dictionary is not None else None
    if mutate(value) or own is None:
        return
    for other in (_negated, _next_choice, _longer):
        for name, held in list(own.items()):
            changed = other(held)
            if changed is not None:
                dict.__setitem__(own, name, changed)
                return


def _negated(held):
    return not held if type(held) is bool else None


def _next_choice(held):
    enum = sys.modules.get("enum")
    if enum is None or not isinstance(type(held), enum.EnumMeta):
        return None
    choices = list(type(held))
    return choices[(choices.index(held) + 1) % len(choices)] if held in choices else None


def _longer(held):
    return held + 1 if type(held) is int else held + "w" if type(held) is str else None


def shows_inputs(step):
    """Whether the inputs are shown behind a step: the first ones, and ever fewer of the later ones."""
    return step < 8 or step & (step - 1) == 0


def _another(members):
    """A member that is not there yet, where one of the same type can be told: who leaves out what comes again
    would not show that the list has grown."""
    if all(type(member) is int for member in members):
        return max(members) + 1
    return members[0] + "w" if type(members[0]) is str else members[0]


class Player:
    """Drives what a call gave back. `script` is `drain`, `mutate` (changes the inputs before the first
    step), `disturb` (changes them later), `close`, `throw` or `send` (each after `after` steps)."""

    def __init__(self, outcome, script="drain", after=2):
        self.outcome = outcome
        self.script = script
        self.after = after
        self.steps = 0
        self.parts = []

    def play(self, lazy):
        """The transcript's bytes of everything lazy, in the order in which it was met."""
        if self.script == "mutate":
            for original in self.outcome.originals:
                mutate(original)
        waiting = list(lazy)
        played = set()
        while waiting and self.steps < STEPS:
            value = waiting.pop(0)
            if id(value) in played:
                continue
            played.add(id(value))
            fresh = self._one(value)
            waiting.extend(fresh)
        self._emit("end", tuple(self.outcome.originals))
        return b"".join(self.parts)

    def _emit(self, what, value):
        """Appends one step's name and value; what lazy things it brought."""
        encoder = codec.Encoder(self.outcome.numbering, self.outcome.repository.globals, False, self.outcome.special)
        encoder.encode((what, value))
        self.parts.append(encoder.take())
        self.outcome.meta["opaque"] += encoder.opaque
        return encoder.lazy

    def _one(self, value):
        kind = type(value)
        if kind is types.CoroutineType:
            return self._coroutine(value)
        if kind is types.AsyncGeneratorType:
            return self._async_generator(value)
        if kind is types.FunctionType:
            return self._function(value)
        return self._iterator(value)

    def _step(self, action):
        """Takes one step: what it gave, as the transcript tells it."""
        self.steps += 1
        try:
            return "gives", action()
        except StopIteration as stop:
            return "stops", stop.value
        except StopAsyncIteration:
            return "stops", None
        except BaseException as error:  # noqa: B902 - whatever is raised is behaviour
            self.outcome.meta["limit"] = self.outcome.meta["limit"] or isinstance(error, (RecursionError, MemoryError))
            return "raises", error

    def _iterator(self, iterator):
        found = []
        count = 0
        generator = type(iterator) is types.GeneratorType
        while self.steps < STEPS:
            action = self._move(iterator, count, generator)
            what, value = self._step(action)
            found += self._emit(what, value)
            if shows_inputs(count) and len(self.outcome.originals) < 50:
                self._emit("inputs", tuple(self.outcome.originals))
            count += 1
            if what != "gives":
                break
        return found

    def _move(self, iterator, count, generator):
        if self.script == "disturb" and count == self.after:
            for original in self.outcome.originals:
                mutate(original)
        if generator and count == self.after:
            if self.script == "close":
                return iterator.close
            if self.script == "throw":
                return lambda: iterator.throw((KeyError, ValueError)[self.after % 2]("whet"))
            if self.script == "send":
                return lambda: iterator.send("whet")
        return lambda: next(iterator)

    def _coroutine(self, coroutine):
        what, value = self._step(lambda: run_coroutine(coroutine))
        return self._emit(what, value)

    def _async_generator(self, generator):
        async def collect():
            found = []
            async for value in generator:
                found.append(value)
                if len(found) >= STEPS:
                    break
            return found

        what, value = self._step(lambda: run_coroutine(collect()))
        return self._emit(what, value)

    def _function(self, function):
        """Calls a function that the target made with a few fixed arguments."""
        found = self._emit("function", (function.__name__, _signature(function), function.__doc__))
        count = _required(function)
        for probe in PROBES:
            if self.steps >= STEPS:
                break
            what, value = self._step(lambda: function(*[probe() for _ in range(count)]))
            found += self._emit(what, value)
        return found


PROBES = (lambda: 0, lambda: 3, lambda: -1.5, lambda: "whet", lambda: [3, 1, 2], lambda: None, lambda: 3)


def _signature(function):
    code = function.__code__
    return (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _VARIADIC)


def _required(function):
    return max(0, function.__code__.co_argcount - len(function.__defaults__ or ()))


def run_coroutine(coroutine):
    """Runs a coroutine: by hand where it awaits nothing outside, else in an event loop of its own."""
    if "asyncio" not in sys.modules:
        coroutine.send(None)
        raise RuntimeError("a coroutine awaits without an event loop")
    asyncio = sys.modules["asyncio"]
    loop = _quiet_loop(asyncio)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _quiet_loop(asyncio):
    """A new event loop; what it logs of itself is no log record of the code that is driven."""
    logger = asyncio.log.logger
    level = logger.level
    logger.setLevel(100)
    try:
        return asyncio.new_event_loop()
    finally:
        logger.setLevel(level)
