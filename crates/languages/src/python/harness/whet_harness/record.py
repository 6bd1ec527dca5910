"""Instrument::Record: keeps real calls of the targets as cases.

A call is looked at, captured, or let pass. Looks sort calls into strata by argument types, sizes and
caller; captures go to strata that have few; the ends that calls come to and the branches they reach
decide what stays. Time spent here is measured and kept below the plan's limit. Each process writes
`cases-<n>-<pid>.bin` for the n-th target of the plan, and `record-<pid>.json`.
"""

import atexit
import json
import os
import random
import threading
import time

from . import accessors, bootstrap, capture, casefile, entries, hook, reachable, streams
from .activations import of_kind, take_step
from .budget import Budget, clock, whole
from .strata import Kept, Record, describe_caller

_now = time.perf_counter_ns

# Calls of one object that follow a captured one and are looked at to be kept with it.
SEQUENCE_LENGTH = 6
# Looks that a burst for a sequence may take without finding another call of its object.
SEQUENCE_PATIENCE = 12
# Share of the workload's time that mere looks may take, of all targets together.
LOOK_SHARE = 0.1
# Captures of a target that may draw on the reserved time; the first is made whether there is time or not.
LITTLE_KNOWN = 24
# Looks at a target of which little is known that follow each other without a gap.
CLOSE_LOOKS = 200
# A capture that costs less is made of a target of which little is known, even where no time is left.
SMALL_NS = 1_000_000
# The same for a target of which hardly anything is known.
FEW = 6
FEW_SMALL_NS = 15_000_000
# What entering and leaving this code costs outside of the clock's two readings.
UNSEEN_NS = 2000


class Recorder:
    """The listener of every mark in this process."""

    def __init__(self, config):
        self.config = config
        parameters = config.parameters
        self.calls_per_target = max(1, parameters["calls_per_target"])
        self.bytes_per_target = parameters["bytes_per_target"]
        self.random = random.Random(parameters["seed"])
        self.passing = {site.name: calls for site, calls in zip(config.targets, parameters.get("passing", ()))}
        self.marks = []
        self.failures = []
        self.mark_cost = entries.cost_of_marks(clock)
        self.repository = reachable.Reachable(config, self.marks)
        self.begin_process()

    def begin_process(self):
        """Starts from nothing, at the start and in a forked child."""
        self.records = {}
        self.busy = set()
        self.lock = threading.Lock()
        self.budget = Budget(self.config.parameters["overhead_limit"])
        self.case_paths = {site.name: self.config.output("cases-%d" % number, ".bin") for number, site in enumerate(self.config.targets)}
        self.report_path = self.config.output("record", ".json")
        self.written_at = _now()
        self.write_cost = 0
        self.changed = False

    def record_of(self, mark):
        record = self.records.get(mark)
        if record is None:
            record = self.records[mark] = Record(mark, self.calls_per_target, self.bytes_per_target, self.random)
        return record

    def mark(self, site, kind, listener):
        """A mark that lets the calls pass which an earlier recording has seen enough of."""
        made = entries.Mark(site, kind, listener)
        passing = self.passing.get(site.name, 0)
        made.skip(passing)
        self.record_of(made).begin_at(passing)
        return made

    # Looking.

    def sample(self, mark, frame):
        """Looks at a call; answers an activation if it is captured."""
        begin = clock()
        thread = threading.get_ident()
        record = self.record_of(mark)
        if thread in self.busy:
            mark.skip(0)
            return None
        self.busy.add(thread)
        activation = None
        try:
            activation = self.look(mark, record, frame)
            return activation
        except Exception as error:
            record.drop("the recorder failed: " + type(error).__name__)
            return None
        finally:
            self.busy.discard(thread)
            mark.skip(self.gap(mark, record))
            taken = clock() - begin + UNSEEN_NS
            record.look_cost += (taken - record.look_cost) * 0.1 if record.looks > 1 else taken
            self.budget.spent += taken
            if activation is not None:
                activation.started, activation.spent = _now(), self.budget.spent

    def look(self, mark, record, frame):
        record.looks += 1
        self.budget.unseen += int((mark.calls() - record.calls_seen) * self.mark_cost)
        arguments = Arguments(frame)
        caller = frame.f_back
        stratum = record.stratum(arguments.kinds(), caller, mark.calls() - record.calls_seen)
        record.calls_seen = mark.calls()
        follows = record.sequence is not None and record.sequence.follows(arguments, mark)
        if not follows and not record.wants(stratum):
            return None
        is_new = record.captures < LITTLE_KNOWN
        # A new kind of call is taken to cost what dear ones did.
        cost = stratum.cost if stratum.captured else record.dear
        small = FEW_SMALL_NS if record.captures < FEW else SMALL_NS
        surely = record.captures == 0 or (is_new and cost < small)
        if not surely and not self.budget.is_young() and self.budget.available(reserved=is_new) < stratum.cost:
            record.drop("no time left within the limit")
            return None
        return self.capture(mark, record, stratum, arguments, caller, frame, follows)

    def capture(self, mark, record, stratum, arguments, caller, frame, follows):
        function = mark.function_of(frame) or standing(mark.site, frame.f_code)
        if function is None:
            record.drop("the function object could not be told")
            return None
        begin = clock()
        args, kwargs = arguments.as_passed(function)
        target = record.target_of(function, lambda: capture.Target(function, mark.site.module, mark.site.qualname, mark.kind))
        snapshot = capture.before(target, args, kwargs, self.repository, streams.of(args, kwargs))
        activation = of_kind(mark.kind)(self, mark, stratum, snapshot)
        activation.position = record.calls_seen - 1
        activation.caller = describe_caller(caller)
        activation.sequence = record.sequence if follows else record.begin_sequence(arguments, mark, SEQUENCE_PATIENCE)
        if activation.sequence is not None:
            activation.sequence.took(mark.calls(), SEQUENCE_LENGTH, SEQUENCE_PATIENCE)
        record.captured(stratum, clock() - begin)
        return activation

    def gap(self, mark, record):
        """How many calls pass before the next look."""
        if record.captures < LITTLE_KNOWN and record.looks < CLOSE_LOOKS:
            return 0
        if self.budget.is_young():
            even = mark.calls() / CLOSE_LOOKS
            return 0 if record.looks < CLOSE_LOOKS else min(int(self.random.uniform(0, 2 * even)), 1 << 20)
        rate = max(1, mark.calls()) / self.budget.elapsed()
        wait = self.budget.wait_for(record.look_cost) * rate
        if wait >= 1:
            return min(int(wait) + 1, 1 << 20)
        if record.looks < 50 or (record.sequence is not None and record.sequence.is_open()):
            return 0
        even = record.look_cost * rate * len(self.marks) / LOOK_SHARE
        return min(int(self.random.uniform(0, 2 * even)), 1 << 20)

    # Finishing.

    def finish(self, activation, value, exception):
        """Takes the outcome of a captured call."""
        ended, begin = _now(), clock()
        thread = threading.get_ident()
        nested = thread in self.busy
        self.busy.add(thread)
        record = self.record_of(activation.mark)
        try:
            self.keep(activation, record, value, exception, ended)
        except Exception as error:
            record.drop("the recorder failed: " + type(error).__name__)
        finally:
            taken = clock() - begin + UNSEEN_NS
            activation.stratum.costs_after(taken)
            self.budget.spent += taken
            if not nested:
                self.busy.discard(thread)
        self.write_in_between()

    def step(self, activation, tell):
        """Takes one step of a generator."""
        begin = clock()
        try:
            take_step(self.busy, activation, tell)
        finally:
            self.budget.spent += clock() - begin + UNSEEN_NS

    def keep(self, activation, record, value, exception, ended):
        snapshot = activation.snapshot
        if snapshot.streams is None:
            outcome, mode = activation.outcome(value, exception)
            given, opaque = snapshot.input, snapshot.opaque
        else:
            # What a stream does besides giving is not repeated by a replay, so the live outcome is no measure of it.
            snapshot.streams.end()
            outcome, mode = b"", "replay"
            given, opaque = snapshot.streams.input(), snapshot.streams.opaque
            snapshot.size = snapshot.streams.encoder.size
        overhead = max(0, self.budget.spent - activation.spent)
        header = {
            "mode": "opaque" if opaque else mode,
            "position": activation.position,
            "size": snapshot.size,
            "elapsed_ns": max(0, ended - activation.started - overhead),
            "caller": activation.caller,
            "types": snapshot.types,
            "ends": "returns" if exception is None else type(exception).__name__,
            "opaque": opaque,
        }
        with self.lock:
            record.keep(Kept(header, given, outcome, activation.stratum, activation.sequence))
            self.changed = True

    # Writing.

    def write_in_between(self):
        """Writes what there is, at times far enough apart: a process may end without notice."""
        begin = clock()
        if self.changed and _now() - self.written_at > max(1_000_000_000, 40 * self.write_cost):
            self.write()
            self.write_cost = clock() - begin
            self.budget.spent += self.write_cost

    def write(self):
        """Writes this process's files anew."""
        with self.lock:
            cases = {name: record.cases() for name, record in self.by_target().items()}
            report = self.report()
            self.changed = False
        try:
            for name, kept in cases.items():
                if kept:
                    casefile.write(self.case_paths[name], kept)
            if report["targets"] or self.failures:
                with open(self.report_path + ".tmp", "w", encoding="utf-8") as file:
                    json.dump(report, file)
                os.replace(self.report_path + ".tmp", self.report_path)
        except OSError:
            bootstrap.report_failure(self.config)
        self.written_at = _now()

    def by_target(self):
        """The record of each target; of one that was compiled several times, that of the code that is called."""
        found = {}
        for record in map(self.record_of, self.marks):
            known = found.setdefault(record.mark.site.name, record)
            if record.calls() > known.calls():
                found[record.mark.site.name] = record
        return found

    def report(self):
        targets = {name: record.report() for name, record in self.by_target().items()}
        self.budget.unseen = int(sum(self.record_of(mark).calls() for mark in self.marks) * self.mark_cost)
        return {
            "targets": targets,
            "overhead": round(self.budget.overhead(), 4),
            "spent_s": (self.budget.spent + self.budget.unseen) / 1e9,
            "elapsed_s": self.budget.elapsed() / 1e9,
            "not_rewritten": self.failures,
        }

    # Processes.

    def after_fork(self):
        """Makes a forked child record for itself."""
        for mark in self.marks:
            mark.forget_activations()
        self.begin_process()
        for mark in self.marks:
            self.record_of(mark).begin_at(mark.calls())
        bootstrap.at_end_of_child(self.write)


class Arguments:
    """The arguments of a call, as the frame has them at its first statement."""

    __slots__ = ("values", "code", "positional")

    def __init__(self, frame):
        self.code = code = frame.f_code
        self.values = frame.f_locals
        self.positional = code.co_varnames[: code.co_argcount]

    def first(self):
        """The first positional argument, such as `self`; None if there is none."""
        return self.values.get(self.positional[0]) if self.positional else None

    def kinds(self):
        """Exact types with a coarse size: what calls are told apart by before they are captured."""
        code, values = self.code, self.values
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        found = []
        for name in code.co_varnames[:count]:
            value = values.get(name)
            kind = type(value)
            found.append(kind)
            measure = _SIZES.get(kind)
            if measure is not None:
                found.append(measure(value))
        return tuple(found)

    def as_passed(self, function):
        """Positional and keyword arguments that call `function` alike; defaults stay left out."""
        code, values, names = self.code, self.values, self.code.co_varnames
        keyword_only = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        place = code.co_argcount + code.co_kwonlyargcount
        rest, named = (), {}
        if code.co_flags & 4:
            rest = values[names[place]]
            place += 1
        if code.co_flags & 8:
            named = dict(values[names[place]])
        defaults = function.__defaults__ or ()
        first_default = code.co_argcount - len(defaults)

        def is_default(number):
            return number >= first_default and values[self.positional[number]] is defaults[number - first_default]

        count = code.co_argcount
        if not rest:
            while count and is_default(count - 1):
                count -= 1
            by_name = max(first_default, code.co_posonlyargcount)
            gaps = [number for number in range(by_name, count) if is_default(number)]
            if gaps:
                named.update((self.positional[n], values[self.positional[n]]) for n in range(gaps[0], count) if not is_default(n))
                count = gaps[0]
        args = tuple(values[name] for name in self.positional[:count]) + tuple(rest)
        keyword_defaults = function.__kwdefaults__ or {}
        for name in keyword_only:
            if name not in keyword_defaults or values[name] is not keyword_defaults[name]:
                named[name] = values[name]
        return args, named


def standing(site, code):
    """The function of that code where it stands under its name: who compiled it anew ran no decorator of ours."""
    found = accessors.resolve(site.module, site.qualname)
    found = getattr(found, "__func__", found)
    return found if getattr(found, "__code__", None) is code else None


def _length_class(value):
    return len(value).bit_length()


_SIZES = {kind: _length_class for kind in (str, bytes, bytearray, list, tuple, dict, set, frozenset)}
_SIZES[int] = lambda value: (value > 0) - (value < 0)
_SIZES[bool] = bool


def start(config):
    """Starts recording in this process and the ones it forks."""
    recorder = Recorder(config)
    sites = config.sites_by_file()
    rewrite, finish = entries.marker(sites, recorder, recorder.marks, recorder.mark)
    recorder.budget = Budget(config.parameters["overhead_limit"], started=whole() - bootstrap.BEGUN_NS)
    hook.install({path: rewrite for path in sites}, finish, recorder.failures.append)
    atexit.register(recorder.write)
    os.register_at_fork(after_in_child=recorder.after_fork)
