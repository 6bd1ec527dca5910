"""Generators that a captured call is given.

What such a generator will give is not known before the call, and must not be asked for: it runs when the call
asks. So a stand-in takes its place in the call, does the same, and notes what is taken from it. The notes end
up as the fifth part of the case's input (docs/encoding.md), and a replay is given streams of just these items.
"""

import types

from . import codec

# Steps of one call's generators that are noted; a call that takes more is not replayed.
MOST_STEPS = 20_000


def of(args, kwargs):
    """The streams among a call's arguments; None if there are none."""
    sources = {id(value): value for value in (*args, *kwargs.values()) if type(value) in (types.GeneratorType, StandIn)}
    return Streams(sources.values()) if sources else None


class Streams:
    """The streams of one captured call. `opaque` says why a replay can't be given the same, else it is empty."""

    def __init__(self, sources):
        self.stand_ins = {id(source): StandIn(source, self) for source in sources}
        self.special = {id(value): _Unknown(self, value) for value in self.stand_ins.values()}
        self.met = 0
        self.opaque = ""
        self.listener = self.encoder = None
        self.head, self.steps = b"", []

    def in_place(self, value):
        """A value with the stand-ins in the places of their generators: an argument, or what `*` and `**` collect."""
        if id(value) in self.stand_ins:
            return self.stand_ins[id(value)]
        if type(value) is tuple and any(id(member) in self.stand_ins for member in value):
            return tuple([self.in_place(member) for member in value])
        if type(value) is dict and any(id(member) in self.stand_ins for member in value.values()):
            return {key: self.in_place(member) for key, member in value.items()}
        return value

    def begin(self, encoder, head):
        """Goes on from the encoding of everything else: what is shared with it stays shared."""
        self.encoder, self.head = encoder, head
        encoder.numbering.add(self.steps)

    def listen(self, listener):
        """From now on `listener` is called with a function that notes a step, and calls it."""
        self.listener = listener

    def end(self):
        """The call is over; its streams go on unwatched."""
        self.listener = None

    def note(self, number, what, value):
        """Notes that a stream `gives` a value or `raises` an exception."""
        if self.listener is None or self.opaque:
            return
        if len(self.steps) >= MOST_STEPS:
            self.opaque = "more than %d steps of generators" % MOST_STEPS
            return

        def encode():
            try:
                self.encoder.encode((number, what, value))
            except Exception as error:
                # Without this step the others would be another stream.
                self.opaque = str(error) if isinstance(error, codec.Opaque) else type(error).__name__
            self.steps.append(self.encoder.take())

        self.listener(encode)

    def refuse(self, reason):
        """The call does with a stream what a replay's streams do not take part in."""
        if self.listener is not None:
            self.opaque = self.opaque or reason

    def input(self):
        """The input's bytes with what was taken."""
        return b"t\x05" + self.head + b"L" + codec.varint(len(self.steps)) + b"".join(self.steps)


class _Unknown:
    """Stands for a stream in the encoding of a call that has not begun."""

    def __init__(self, streams, stand_in):
        self.streams, self.stand_in = streams, stand_in

    def content(self):
        """What the encoding holds; asked for once, when the stream is met."""
        self.stand_in._whet_number = self.streams.met
        self.streams.met += 1
        return ("stream", None, None)


class StandIn:
    """Does what a generator does, and tells of it.

    No generator itself: one that is dropped closes what it stands for, which the caller may still use.
    """

    def __init__(self, source, streams):
        self._whet_source, self._whet_streams, self._whet_number = source, streams, None

    # So that isinstance and inspect.isgenerator answer as they do of a generator.
    __class__ = property(lambda self: types.GeneratorType)

    def __iter__(self):
        return self

    def __next__(self):
        return self._whet_step(self._whet_source.__next__)

    def send(self, value):
        if value is not None:
            self._whet_streams.refuse("a generator that is sent to")
        return self._whet_step(lambda: self._whet_source.send(value))

    def throw(self, *args):
        self._whet_streams.refuse("a generator that is thrown into")
        return self._whet_source.throw(*args)

    def close(self):
        self._whet_source.close()

    def __getattr__(self, name):
        return getattr(self._whet_source, name)

    def _whet_step(self, step):
        streams, number = self._whet_streams, self._whet_number
        try:
            value = step()
        except StopIteration as stop:
            if stop.value is not None:
                streams.refuse("a generator that returns a value")
            raise
        except BaseException as error:
            streams.note(number, "raises", error)
            raise
        streams.note(number, "gives", value)
        return value
