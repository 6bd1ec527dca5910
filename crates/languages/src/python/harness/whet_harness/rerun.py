"""Instrument::Rerun: what the outermost calls of one target see and leave, while the workload itself runs.

For calls that no replay shows faithfully. Baseline and candidate each run the workload under this instrument,
and the runner compares what their processes wrote, call by call in order. Which calls are taken follows from
their number alone, so that both sides take the same ones: no clock has a say. A call within another call of
the target is not counted, for a candidate may recurse otherwise.

What can't be seen into enters by its type and is named; a call whose end can't be seen is marked as no evidence.
Each process writes `rerun-<start>-<pid>.bin`, a file of cases, and beside it a report (JSON).
"""

import atexit
import itertools
import json
import os
import threading
import time

from . import accessors, bootstrap, capture, casefile, codec, entries, hook, reachable, record, streams, transcripts
from .activations import Activation, Awaiting, Generating, Streaming, take_step
from .strata import describe_caller

# Of the calls behind the first ones, one in a part of their number so far is taken.
SPARSER = 64
# Calls of a process that are looked at, those within others among them: a look is no great cost, but one.
LOOKS = 2_000_000
# Values in the inputs of a process's calls that are taken, all together.
VALUES = 2_000_000
_REST = 1 << 40
_open, _write, _close = os.open, os.write, os.close
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class Session:
    """The listener of every mark in this process."""

    def __init__(self, config):
        self.config = config
        self.first = max(1, config.parameters["first"])
        self.shown = config.parameters["bytes_per_part"]
        self.marks = []
        self.failures = []
        self.codes = set()
        self.repository = reachable.Reachable(config, self.marks)
        given = config.parameters["locators"]
        self.are_given = given is not None
        self.locators = [tuple(locator) for locator in given or ()]
        self.begin_process()

    def begin_process(self):
        """Starts from nothing, at the start and in a forked child."""
        self.target = None
        self.busy = set()
        self.lock = threading.Lock()
        self.positions = itertools.count()
        self.next = self.looks = self.values = self.calls = 0
        self.until = None
        stem = "rerun-%020d" % time.monotonic_ns()
        self.path = self.config.output(stem, ".bin")
        self.report_path = self.path[: -len(".bin")] + ".json"
        self.has_written = False

    # Looking.

    def sample(self, mark, frame):
        """Looks at a call; answers an activation if it is taken."""
        thread = threading.get_ident()
        if thread in self.busy:
            return None
        self.looks += 1
        if self.until is not None or self.looks > LOOKS or self.values > VALUES:
            self.rest(mark)
            return None
        self.codes.add(frame.f_code)
        if self.is_nested(frame):
            return None
        position = next(self.positions)
        self.calls = position + 1
        if position < self.next:
            return None
        self.next = position + 1 + (position // SPARSER if position + 1 >= self.first else 0)
        self.busy.add(thread)
        try:
            return self.take(mark, frame, position)
        except Exception as error:
            self.write(_header(position, _caller_of(frame), "", "not seen: " + type(error).__name__), b"", b"")
            return None
        finally:
            self.busy.discard(thread)

    def rest(self, mark):
        """Looks at no further call."""
        if self.until is None:
            self.until = self.calls
        mark.skip(_REST)

    def is_nested(self, frame):
        """Whether the call is made within another call of the target."""
        frame = frame.f_back
        while frame is not None:
            if frame.f_code in self.codes:
                return True
            frame = frame.f_back
        return False

    def take(self, mark, frame, position):
        function = mark.function_of(frame) or record.standing(mark.site, frame.f_code)
        if function is None:
            raise LookupError("the function object could not be told")
        args, kwargs = record.Arguments(frame).as_passed(function)
        target = self.target_of(function, mark)
        snapshot = capture.before(target, args, kwargs, self.repository, streams.of(args, kwargs), whole=False)
        self.values += snapshot.size
        activation = _KINDS.get(mark.kind, Call)(self, mark, None, snapshot)
        activation.position = position
        activation.caller = _caller_of(frame)
        return activation

    def target_of(self, function, mark):
        """The function's capture.Target, with the state that the baseline was found to name."""
        if self.target is None or self.target.function is not function:
            self.target = target = capture.Target(function, mark.site.module, mark.site.qualname, mark.kind)
            if self.are_given:
                target._reach = _Reach()
            else:
                found = target.reach(self.repository).locators
                self.locators += [locator for locator in found if locator not in self.locators]
            # Whether a call draws from the random generator is seen behind it, whatever it names.
            target._reach.locators, target._reach.uses_random = self.locators, False
        return self.target

    # Finishing.

    def finish(self, activation, value, exception):
        """Takes the outcome of a call."""
        thread = threading.get_ident()
        nested = thread in self.busy
        self.busy.add(thread)
        ends = "returns" if exception is None else type(exception).__name__
        try:
            self.keep(activation, value, exception, ends)
        except Exception as error:
            self.write(_header(activation.position, activation.caller, ends, "not seen: " + type(error).__name__), b"", b"")
        finally:
            if not nested:
                self.busy.discard(thread)

    def step(self, activation, tell):
        """Takes one step of a generator."""
        take_step(self.busy, activation, tell)

    def keep(self, activation, value, exception, ends):
        snapshot = activation.snapshot
        given, notes = snapshot.input, [snapshot.opaque]
        if snapshot.streams is not None:
            snapshot.streams.end()
            given = snapshot.streams.input()
            notes.append(snapshot.streams.opaque)
        outcome, is_seen = activation.outcome(value, exception)
        notes += outcome.meta["opaque"]
        opaque = ", ".join(dict.fromkeys(note for note in notes if note))
        header = _header(activation.position, activation.caller, ends, opaque, snapshot)
        header["mode"] = "rerun" if is_seen else "opaque"
        outcome.sections = {number: self.short(part) for number, part in outcome.sections.items()}
        self.write(header, self.short(given), outcome.bytes())

    def short(self, part):
        """A part as it is written: one that is too long to be shown by its digest and length."""
        if len(part) <= self.shown:
            return part
        return b"#" + accessors.sha256(part).digest() + codec.varint(len(part))

    # Writing.

    def write(self, header, given, outcome):
        """Adds a call to the file at once: a process may end without notice."""
        data = casefile.pack(casefile.Case(header, given, outcome))
        with self.lock:
            if not self.has_written:
                data = casefile.MAGIC + data
                self.has_written = True
            try:
                file = _open(self.path, _APPEND, 0o644)
                try:
                    while data:
                        data = data[_write(file, data) :]
                finally:
                    _close(file)
            except OSError:
                bootstrap.report_failure(self.config)

    def report(self):
        """Writes how many calls there were and what state was looked at, at the process's end."""
        if not self.calls:
            return
        unset = []
        if self.target is not None:
            state = capture.read_state(self.locators, capture._finder(self.target))
            unset = [locator for locator, value in state if value is codec.UNSET]
        document = {"calls": self.calls, "until": self.until, "locators": self.locators, "unset": unset}
        try:
            with open(self.report_path, "w", encoding="utf-8", errors="backslashreplace") as file:
                json.dump(document, file)
        except OSError:
            bootstrap.report_failure(self.config)

    def after_fork(self):
        """Makes a forked child write for itself."""
        for mark in self.marks:
            mark.forget_activations()
            mark.skip(0)
        self.begin_process()
        bootstrap.at_end_of_child(self.report)


class _Reach:
    """State that is named from outside: a capture.Reach that nobody searched."""


def _caller_of(frame):
    return describe_caller(frame.f_back)


def _header(position, caller, ends, opaque, snapshot=None):
    header = {"id": "#%d" % position, "mode": "opaque", "position": position, "caller": caller, "ends": ends, "opaque": opaque}
    if snapshot is not None:
        header.update(types=snapshot.types, size=snapshot.size)
    return header


class _Given:
    """Stands for a generator that the call was given, in the encoding of what the call left."""

    @staticmethod
    def content():
        return ("stream",)


def _outcome_of(snapshot):
    special = {}
    if snapshot.streams is not None:
        special = {id(stand_in): _Given for stand_in in snapshot.streams.stand_ins.values()}
    return capture.Outcome(snapshot.originals, snapshot.repository, special)


def _state_of(snapshot):
    return capture.read_state(snapshot.locators, capture._finder(snapshot.target))


class Call(Activation):
    """One call of a plain function."""

    __slots__ = ()

    def outcome(self, value, exception):
        """What the call left, and whether its end can be seen."""
        snapshot = self.snapshot
        outcome = _outcome_of(snapshot)
        outcome.graph(value, exception, _state_of(snapshot))
        outcome.random(snapshot.random)
        return outcome, outcome.end_is_seen


class _Steps:
    """What is common to functions whose call gives an object that is driven afterwards: what the workload asks
    of it is part of the transcript. `noted` is what could not be seen into before the first step."""

    __slots__ = ()

    def begin(self):
        self.complete, self.found = True, []
        outcome = _outcome_of(self.snapshot)
        self.player = transcripts.Player(outcome)
        outcome.graph(self.driven(), None, _state_of(self.snapshot))
        self.noted = len(outcome.meta["opaque"])

    def sent(self, value):
        if value is not None:
            self.recorder.step(self, lambda: self.player._emit("sent", value))

    def outcome(self, value, exception):
        outcome = self.player.outcome
        if isinstance(exception, GeneratorExit):
            self.finish("closed", self.found)
        else:
            self.end(value, exception)
        outcome.sections[capture.TRANSCRIPT] = b"".join(self.player.parts)
        outcome.random(self.snapshot.random)
        return outcome, self.complete and len(outcome.meta["opaque"]) == self.noted


class _Generating(_Steps, Generating):
    __slots__ = ("noted",)


class _Awaiting(_Steps, Awaiting):
    __slots__ = ("noted",)


class _Streaming(_Steps, Streaming):
    __slots__ = ("noted",)


_KINDS = {"generator": _Generating, "coroutine": _Awaiting, "asyncgen": _Streaming}


def start(config):
    """Starts in this process and the ones it forks."""
    session = Session(config)
    sites = config.sites_by_file()
    rewrite, finish = entries.marker(sites, session, session.marks)
    hook.install({path: rewrite for path in sites}, finish, session.failures.append)
    atexit.register(session.report)
    os.register_at_fork(after_in_child=session.after_fork)
