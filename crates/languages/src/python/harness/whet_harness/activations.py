"""Captured calls in flight: what each kind of function does until its outcome is known."""

import threading

from . import capture, transcripts


class Activation:
    """One call of a plain function."""

    __slots__ = (
        "pending", "frame", "recorder", "mark", "stratum", "snapshot", "position", "caller", "sequence", "started", "spent", "player", "complete", "found",
        "streams",
    )

    def __init__(self, recorder, mark, stratum, snapshot):
        self.pending = None
        self.frame = None
        self.recorder = recorder
        self.mark = mark
        self.stratum = stratum
        self.snapshot = snapshot
        self.streams = snapshot.streams
        if self.streams is not None:
            self.streams.listen(lambda note: recorder.step(self, note))
        self.begin()

    def begin(self):
        """Prepares for the steps of functions that run in steps."""

    def returned(self, value):
        self.recorder.finish(self, value, None)

    def failed(self, exception):
        self.recorder.finish(self, None, exception)

    def yielded(self, value):
        """A plain function yields nothing."""

    def sent(self, value):
        """See `yielded`."""

    def outcome(self, value, exception):
        """The outcome's bytes, and whether a replay can be compared with it."""
        return capture.after(self.snapshot, value, exception), "replay"


def take_step(busy, activation, tell):
    """Notes one step of a captured call, while this thread counts among those whose calls are `busy` with that."""
    thread = threading.get_ident()
    nested = thread in busy
    busy.add(thread)
    try:
        tell()
    except Exception:
        activation.complete = False
    finally:
        if not nested:
            busy.discard(thread)


class Stepping(Activation):
    """What is common to functions whose call gives an object that is driven afterwards.

    Their live outcome is written as the transcript that a replay plays: the object at the call, then its
    steps. That holds for what the workload drove to the end without sending or throwing.
    """

    __slots__ = ()

    def begin(self):
        snapshot = self.snapshot
        outcome = capture.Outcome(snapshot.originals, snapshot.repository)
        self.player = transcripts.Player(outcome)
        self.complete, self.found = True, []
        if snapshot.opaque or snapshot.streams is not None:
            self.complete = False
            return
        state = capture.read_state(snapshot.locators, capture._finder(snapshot.target))
        outcome.graph(self.driven(), None, state)

    def tell(self, what, value):
        """Writes one step as the player does."""
        player = self.player
        player._emit(what, value)
        if self.shows_inputs and transcripts.shows_inputs(player.steps) and len(player.outcome.originals) < 50:
            player._emit("inputs", tuple(player.outcome.originals))
        player.steps += 1

    shows_inputs = False

    def finish(self, what, value):
        """Writes the last step and the arguments as they are then."""
        player = self.player
        if player.steps < transcripts.STEPS:
            self.tell(what, value)
        player._emit("end", tuple(player.outcome.originals))

    def outcome(self, value, exception):
        outcome = self.player.outcome
        if isinstance(exception, GeneratorExit) or not self.complete:
            return b"", "rerun"
        self.end(value, exception)
        outcome.sections[capture.TRANSCRIPT] = b"".join(self.player.parts)
        outcome.random(self.snapshot.random)
        return outcome.bytes(), "replay"


class Generating(Stepping):
    """A generator function."""

    __slots__ = ()
    shows_inputs = True

    @staticmethod
    def driven():
        return (nothing for nothing in ())

    def yielded(self, value):
        if self.complete and self.player.steps < transcripts.STEPS:
            self.recorder.step(self, lambda: self.tell("gives", value))

    def sent(self, value):
        # A replay asks for the next value only; what was sent would be missing there.
        self.complete = self.complete and value is None

    def end(self, value, exception):
        if exception is None:
            self.finish("stops", value)
        else:
            self.finish("raises", exception)


class Awaiting(Stepping):
    """A coroutine function."""

    __slots__ = ()

    @staticmethod
    def driven():
        coroutine = _nothing()
        coroutine.close()
        return coroutine

    def end(self, value, exception):
        if exception is None:
            self.finish("gives", value)
        else:
            self.finish("raises", exception)


class Streaming(Stepping):
    """An asynchronous generator function."""

    __slots__ = ()

    @staticmethod
    def driven():
        return _no_stream()

    def yielded(self, value):
        self.found.append(value)
        self.complete = self.complete and len(self.found) < transcripts.STEPS

    def sent(self, value):
        self.complete = self.complete and value is None

    def end(self, value, exception):
        if exception is None:
            self.finish("gives", self.found)
        else:
            self.finish("raises", exception)


async def _nothing():
    pass


async def _no_stream():
    return
    yield


_KINDS = {"generator": Generating, "coroutine": Awaiting, "asyncgen": Streaming}


def of_kind(kind):
    """The class of activations for a kind of function."""
    return _KINDS.get(kind, Activation)
