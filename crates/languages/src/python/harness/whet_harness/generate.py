"""Generates cases: the relatives of recorded values at every place of the arguments, then combinations.

What is tried comes from the recorded inputs, from every constant and type test in the sources, from
annotations, and from the branches that no case has reached. An input is kept if it reaches a branch
or an end that none had reached, or if it is the first of its kind of change at its argument.
Everything follows from the seed and the inputs, as long as no time limit is met.
"""

import ast
import collections
import contextlib
import hashlib
import json
import random
import signal
import struct
import time
import types

from . import accessors, annotated, capture, casefile, changes, codec, decode, draws, followed, given, inputs, kin, relatives, remade, replay, shapes
from .casefile import Case
from .constants import constants

# Recorded inputs that changes start from; the smallest of each kind, and few of those above this many bytes.
MOST_BASES = 16
# Recorded inputs that are run to see what they come to, and bytes of an end that is told apart from others of its kind.
MOST_RUN, SHORT_END = 120, 6
# Ends that bases are told apart by: each change is tried on a base of each.
MOST_ENDS = 3
TOO_LARGE = 16 * changes.LARGE
# Share of the cases that may be kept although they reach nothing new; tries without anything new before giving up.
VARIETY = 0.75
PATIENCE = 1500
# How many values of a subclass are kept for each kind of place where a source asks for types: what is asked of one
# argument may hang on another.
SUBCLASSES = 6
# Bytes by which a process may grow while it generates.
MEMORY = 512 << 20
# Seconds beyond twice its CPU time that generation may take where calls wait or the machine is busy.
WAITING = 15.0
# Share of cases that raise, beyond those that raise in a new way; of drawn ones, that raise one type.
MOST_RAISING, MOST_RAISING_ALIKE = 0.3, 0.15
# How values by strategies are named, how many of them may be kept for each other case although they reach
# nothing new, and after how many that took too long no more are tried.
STRATEGIES = ("hypothesis",)
# How an input with several changes is named.
DRAWN = "drawn"
STRATEGIES_SHARE = 0.2
# How many objects with attributes as other calls had them may be kept for each other case.
FIELDS_SHARE = 0.25
# Types whose truth is part of what an argument is like.
PLAIN = (bool, int, str, bytes, list, tuple, dict, set, frozenset, type(None))
PATIENCE_WITH_SLOW = 3
SLOW_TO_BUILD = "the input takes too long to build"
# Drawn inputs that took too long to build after which no methods are called for them any more.
PATIENCE_WITH_METHODS = 20
UNOBSERVED = "the interpreter's own error on a type that was not observed"

# A busy machine must not make for fewer cases: what bounds generation is CPU time.
_spent, _now = time.process_time, time.monotonic


class TooSlow(BaseException):
    """A generated call takes longer than a case may."""


# An encoded input, its leaf values counted, its types and truths told, and whether all its types were observed.
Built = collections.namedtuple("Built", ("data", "size", "types", "truths", "observed"))


class Outcome:
    """What generation needs to know of an outcome's bytes (capture.Outcome's sections)."""

    def __init__(self, data):
        sections, place = {}, len(capture.MAGIC)
        while place < len(data):
            number, length = struct.unpack_from("<BI", data, place)
            sections[number] = data[place + 5 : place + 5 + length]
            place += 5 + length
        self.meta = json.loads(sections.get(capture.META, b"{}"))
        self.end = sections.get(capture.END, b"")

    def raised(self):
        """Whether the call raised."""
        return self.end[2:3] == b"F"

    def kind(self):
        """Names the end: what kind of value is returned, or the exception's type."""
        if not self.raised():
            return "returns " + chr(self.end[3]) if len(self.end) > 3 else "returns"
        return self.exception()

    def exception(self):
        """The exception's type by name."""
        place = self.end.find(b"C", 3, 8)
        if place < 0:
            return "raises"
        names = []
        for _ in range(2):
            length = self.end[place + 2]
            names.append(self.end[place + 3 : place + 3 + length].decode("utf-8", "replace"))
            place += 2 + length
        return names[1]


class Generator:
    """Proposes inputs one by one and keeps what is worth keeping.

    `run(data)` answers an input's outcome; `branches` (branches.Branches) watches it and
    may be None. `options`: `seed`, `cases` (most that are kept beside those by strategies), `seconds`, `call_seconds`, `sources` (texts
    whose constants matter, the candidate's among them), `skip` (digests of inputs that exist already), `candidate` (it is one
    that runs: an error of its own on a type that was not observed may be just what tells it from the baseline).
    `proposed` are encoded values for the form's places (strategies.py), tried among the rest.
    """

    def __init__(self, function, fixed, recorded, repository, run, branches, options, proposed=()):
        self.function = function
        self.fixed = fixed
        self.repository = repository
        self.run = run
        self.branches = branches
        self.most = max(0, options.get("cases", 200))
        self.seconds = options.get("seconds", 10.0)
        self.call_seconds = options.get("call_seconds", 0.5)
        self.is_candidate = options.get("candidate", False)
        self.random = random.Random(options.get("seed", 0))
        self.recorded = in_order(recorded)
        self.seen = {hashlib.sha256(data).digest() for data in self.recorded}
        self.seen.update(bytes.fromhex(digest) for digest in options.get("skip", ()))
        self.observed = {}
        # Ends that calls came to, and with arguments of which types and truths.
        self.ends, self.pairs = set(), set()
        self.kinds_tried = {}
        self.dropped = {}
        self.kept = []
        self.tried = self.varied = self.raising = self.last_kept = 0
        self.annotated = annotated.Annotated(function)
        self.bases = self._choose_bases()
        self.proposed = proposed
        self.form = shapes.Form(function, fixed, self.recorded) if proposed else None
        if proposed:
            self.form.bases = in_order(map(self._smaller, self.form.bases[:MOST_BASES]))
        self.from_strategies = self.slow_strategies = self.from_fields = 0
        known = constants([*options.get("sources", ()), *self._classes()], function.__globals__)
        context = relatives.Context(known, self._others())
        self.changes = changes.Changes(function, fixed, self.bases, self._run_bases(), context, self.random)
        self.kin = kin.Kin(function, self.observed, bool(known["types"]), self.annotated.kept())

    # What changes start from.

    def _choose_bases(self):
        groups = {}
        for number, data in enumerate(self.recorded[:400]):
            try:
                made = inputs.Input(data)
            except Exception:
                self._drop("a recorded input can't be built again")
                continue
            self.annotated.learn(made)
            signature = []
            for root, value in self._free(made):
                found = inputs.kinds(made.seen(value))
                self.observed.setdefault(root, set()).update(found)
                signature.append((root, frozenset(found), _is_empty(value)))
            key = (frozenset(signature), tuple(self._truths(made)), self._end(data) if number < MOST_RUN else None)
            groups.setdefault(key, []).append(data)
        # One of each kind before a second of any.
        turns = (members[turn] for turn in range(3) for members in groups.values() if len(members) > turn)
        chosen = []
        for data in turns:
            if len(chosen) < MOST_BASES and (len(data) < TOO_LARGE or len(chosen) < 2):
                chosen.append(data)
        return in_order(map(self._smaller, chosen))

    def _end(self, data):
        """What a recorded input comes to: a validator's short texts are mostly those that it refuses."""
        outcome = self._outcome(data)
        if outcome is None:
            return None
        known = Outcome(outcome)
        return known.kind(), known.end if len(known.end) <= SHORT_END else None

    def _run_bases(self):
        """What each base comes to; what many do not share counts as one. What they come to and reach is nothing new then."""
        ends = [self._end(data) for data in self.bases]
        self.ends.update(end[0] for end in ends if end is not None)
        if self.branches is not None:
            self.branches.fetch()
        common = sorted(set(ends), key=lambda end: (-ends.count(end), repr(end)))[:MOST_ENDS]
        return [end if end in common else None for end in ends]

    def _smaller(self, data):
        """A small input in the place of a large one: what the large one shows, it mostly shows sooner."""
        if len(data) <= changes.LARGE:
            return data
        made = inputs.Input(data)
        for root, value in self._free(made):
            made.put((root,), inputs.cut(value))
        try:
            return min(made.encode(self.repository)[0], data, key=len)
        except Exception:
            return data

    def _classes(self):
        """The sources of the classes whose objects are made anew."""
        found = {}
        for data in self.bases[:4]:
            made = inputs.Input(data)
            values = made.args + [made.at(path) for path in made.places(self.fixed)]
            for kind in {type(value): None for value in values if remade.arguments(value) is not None}:
                found.setdefault(kind, given.source(kind))
        return [source for source in found.values() if source]

    def _others(self):
        """Small values that other recorded calls passed, for places that hold None."""
        found = []
        for data in self.bases:
            made = inputs.Input(data)
            for value in made.args[self.fixed :] + list(made.kwargs.values()):
                if type(value) in (int, str, float, bool, list, dict, tuple) and len(found) < 12:
                    found.append(value)
        return found

    def drawn(self, data):
        """A recorded input with proposed values in the places that have some."""
        values = decode.Decoder(data).run().root
        return self.form.put(self.random.choice(self.form.bases), dict(zip(self.form.made(), values)))

    # Trying.

    def generate(self):
        """Tries until the cases are enough or the time is over; answers the cases that are kept."""
        if not self.bases or not self.most:
            return self.kept
        is_over = self._clock()
        for group, make in self._proposals():
            if is_over() or self._is_exhausted() or (self._is_full() and not self._misses_branches()):
                break
            self._try(group, make)
        return self.kept

    def _clock(self):
        """Begins the time; what it answers tells whether it is over."""
        end, latest = _spent() + self.seconds, _now() + 2 * self.seconds + WAITING
        return lambda: _spent() > end or _now() > latest

    def _is_full(self):
        return len(self.kept) >= self.most + self.from_strategies + self.from_fields

    def _misses_branches(self):
        return self.branches is not None and bool(self.branches.unreached())

    def _is_exhausted(self):
        """Whether nothing that is worth keeping has come for long."""
        patience = PATIENCE if self.branches is None or self._misses_branches() else PATIENCE // 5
        return self.tried - self.last_kept > patience

    def _proposals(self):
        made = self.changes
        singles = ((group, lambda change=change: made.single(*change)) for group, change in made.plan())
        wholes = made.structural()
        options, fields = made.under_options(), made.fields()
        drawn = iter([(STRATEGIES, lambda data=data: self.drawn(data)) for data in self.proposed])
        for number, proposal in enumerate(singles):
            yield proposal
            beside = next((wholes, drawn, options, fields, drawn)[number % 5], None)
            if beside is not None:
                yield beside
        yield from wholes
        yield from options
        yield from fields
        yield from drawn
        for _ in range(20 * self.most):
            yield ("combined",), lambda: made.combined([case.input for case in self.kept[-40:]])

    def _try(self, group, make):
        self.tried += 1
        if group is STRATEGIES and self.slow_strategies >= PATIENCE_WITH_SLOW:
            return
        built = self._built(make)
        if built is None:
            return
        outcome = self._outcome(built.data)
        self.slow_strategies += outcome is None and group is STRATEGIES
        if outcome is not None:
            self._judge(group, built, outcome)

    def _built(self, make):
        """What `make` answers, encoded; None where it is no input, or one that was tried before."""
        try:
            made = self._in_time(make)
            if made is None:
                return None
            kinds = [(root, inputs.kinds(made.seen(value))) for root, value in self._free(made)]
            if not all(self.kin.holds(root, found) for root, found in kinds):
                return self._drop("of types far from those observed")
            if not self.annotated.holds(made):
                return self._drop("excluded by an annotation")
            data, size = made.encode(self.repository)
        except TooSlow:
            return self._drop(SLOW_TO_BUILD)
        except codec.Opaque:
            return self._drop("the input can't be encoded")
        except (RecursionError, MemoryError):
            return self._drop("the input is too large")
        except Exception:
            return self._drop("the input can't be built")
        digest = hashlib.sha256(data).digest()
        if digest in self.seen:
            return None
        self.seen.add(digest)
        observed = not any(inputs.unobserved(found, self.observed.get(root, set())) for root, found in kinds)
        return Built(data, size, capture._types(tuple(made.args), made.kwargs), tuple(self._truths(made)), observed)

    def draw(self, count):
        """So many inputs that differ from the recorded ones in several places (draws.py), fewer where the time is over."""
        if not self.bases:
            return self.kept
        drawer = draws.Draws(self.changes, self.recorded[:MOST_RUN], self.repository.roots)
        watched = followed.Followed(self.function)
        watched.on()
        try:
            for data in self.bases:
                watched.forget()
                self._outcome(data)
                drawer.begin(data, watched.take())
            found = list(self._drawn(drawer, watched, count))
        finally:
            watched.off()
        # Of those that went one way the first ones: a further one of many seldom shows anything else.
        met, ranks = collections.Counter(), []
        for turn, (ways, *_) in enumerate(found):
            met[ways] += 1
            ranks.append((met[ways], turn))
        for turn in sorted(turn for _, turn in sorted(ranks)[:count]):
            self._keep(*found[turn][1:], DRAWN)
        return self.kept

    def _drawn(self, drawer, watched, count):
        """Draws that are evidence, twice as many as are wanted where the time suffices, each with the ways that it went."""
        is_over, kept, raising = self._clock(), 0, collections.Counter()
        while kept < 2 * count and self.tried < 6 * count and not is_over():
            self.tried += 1
            slow = self.dropped.get(SLOW_TO_BUILD, 0)
            built = self._built(drawer.draw)
            if built is None:
                if self.dropped.get(SLOW_TO_BUILD, 0) > slow:
                    drawer.values.was_slow()
                    drawer.history.rests = slow + 1 >= PATIENCE_WITH_METHODS
                continue
            watched.forget()
            outcome = self._outcome(built.data)
            if outcome is None:
                drawer.values.was_slow()
                continue
            seen, known = watched.take(), Outcome(outcome)
            is_new = drawer.learn(built.data, seen, built.observed, not known.raised())
            end = known.kind() if known.raised() else ""
            if self._is_evidence(built, known) and (is_new or not end or raising[end] <= 5 + MOST_RAISING_ALIKE * kept):
                raising[end] += 1
                kept += 1
                yield seen.ways, built, known, outcome

    def _truths(self, made):
        """The truth of each plain argument, and of each plain field of those that have some."""
        for _, value in self._free(made):
            if type(value) in PLAIN:
                yield bool(value)
            elif inputs.is_record(value):
                yield from (bool(member) if type(member) in PLAIN else None for member in inputs.members(value))

    def _free(self, made):
        """The arguments that may be changed, or that hold what may be, each with its place."""
        free = [(number, value) for number, value in enumerate(made.args) if number >= self.fixed or inputs.is_record(value)]
        return free + list(made.kwargs.items())

    def _is_evidence(self, built, known):
        if known.meta.get("limit"):
            self._drop("the baseline meets the recursion or memory limit")
        elif known.meta.get("opaque"):
            self._drop("the outcome is opaque")
        elif not built.observed and known.raised() and known.meta.get("raised") == "interpreter" and not self.is_candidate:
            self._drop(UNOBSERVED)
        else:
            return True
        return False

    def _judge(self, group, built, outcome):
        known = Outcome(outcome)
        new_arcs = self.branches.fetch()[1] if self.branches is not None else ()
        if self._is_full() and not new_arcs:
            # Only what reaches more is worth more than was asked for.
            return
        if not self._is_evidence(built, known):
            return
        kind, shape = known.kind(), (built.types, built.truths)
        tried = self.kinds_tried[group] = self.kinds_tried.get(group, 0) + 1
        is_new_pair = (kind, shape) not in self.pairs and len(self.pairs) < self.most // 4
        if not new_arcs and kind in self.ends and not is_new_pair:
            wanted = SUBCLASSES if self.kin.tests_types and group[-1] == "subclass" else 1
            is_varied = self.varied < self.most * VARIETY and (tried <= wanted or self.varied < self.most * VARIETY / 2)
            if group is STRATEGIES:
                is_varied = self.from_strategies < self.most * STRATEGIES_SHARE
            elif group[0] is changes.FIELDS:
                is_varied = self.from_fields < self.most * FIELDS_SHARE and tried <= 1
            if group[0] is changes.OPTION or not is_varied or (known.raised() and self.raising > 5 + MOST_RAISING * len(self.kept)):
                return
            self.varied += group is not STRATEGIES and group[0] is not changes.FIELDS
        self.from_strategies += group is STRATEGIES
        self.from_fields += group[0] is changes.FIELDS
        self.raising += known.raised()
        self.last_kept = self.tried
        self.ends.add(kind)
        self.pairs.add((kind, shape))
        self._keep(built, known, outcome, ", ".join(part for part in map(_named, group) if part))

    def _keep(self, built, known, outcome, how):
        header = {
            "id": "%s#%s%d" % (self.function.__qualname__, "d" if how is DRAWN else "g", len(self.kept)),
            "origin": "generated",
            "position": len(self.kept),
            "size": built.size,
            "caller": "generated: " + how + ("" if built.observed else "; types not observed"),
            "types": built.types,
            "ends": known.exception() if known.raised() else "returns",
        }
        self.kept.append(Case(header, built.data, outcome))

    def _outcome(self, data):
        """Runs an input within the time of one call; None if it takes longer or can't be made."""
        try:
            return self._in_time(lambda: self.run(data))
        except TooSlow:
            self._drop("the baseline takes too long")
        except Exception as error:
            self._drop("the call can't be made: " + type(error).__name__)
        return None

    def _in_time(self, action):
        """What an action answers; raises TooSlow if it takes longer than a case may, whatever it makes of that."""
        late, running = [], [True]

        def alarm(number, frame):
            late.append(True)
            if running:
                raise TooSlow

        before = signal.signal(signal.SIGALRM, alarm)
        try:
            # Again and again: an exception that meets a finalizer or a callback of the interpreter is lost.
            signal.setitimer(signal.ITIMER_REAL, self.call_seconds, self.call_seconds)
            answer = self._until_done(action, running)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        if late:
            raise TooSlow
        return answer

    @staticmethod
    def _until_done(action, running):
        """Whatever happens, nothing is `running` afterwards."""
        try:
            return action()
        finally:
            running.clear()

    def _drop(self, reason):
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


def _named(part):
    """A part of a change's name for people; what its base comes to is none."""
    return "" if part is None or type(part) is tuple and part[:1] and type(part[0]) is str else str(part)


def _is_empty(value):
    return type(value) in (list, dict, set, tuple, str, bytes, frozenset) and not value


def generate(worker, options, recorded):
    """The worker's GENERATE: answers two parts with their lengths, a summary as JSON and a file of cases."""
    function = worker.replayer.function()
    count = options.get("draws", 0)
    if worker.branches is None and not count:
        worker.reach(b"on")
    elif not count:
        worker.branches.on()
    options = dict(options, sources=list(options.get("sources", ())) + sources_of(function))
    fixed = first_free(worker.replayer.module, worker.replayer.qualname)
    recorded, proposed = recorded[: len(recorded) - options.get("proposed", 0)], recorded[len(recorded) - options.get("proposed", 0) :]
    run, branches = lambda data: worker.replayer.run(data, {}), None if count else worker.branches
    generator = Generator(function, fixed, recorded, worker.repository, run, branches, options, proposed)
    with _less_memory():
        cases = generator.draw(count) if count else generator.generate()
    summary = {"tried": generator.tried, "dropped": generator.dropped}
    if branches is not None:
        branches.off()
        summary["branches"] = branches.summary()
    return replay.pack([json.dumps(summary).encode(), casefile.MAGIC + b"".join(casefile.pack(case) for case in cases)])


def form_of(worker, recorded):
    """How the target is called, as recorded and annotated."""
    fixed = first_free(worker.replayer.module, worker.replayer.qualname)
    return shapes.Form(worker.replayer.function(), fixed, in_order(recorded))


def in_order(recorded):
    """Distinct inputs, small ones first."""
    return sorted(dict.fromkeys(recorded), key=lambda data: (len(data), data))


@contextlib.contextmanager
def _less_memory():
    """Lets the process grow by MEMORY only: a huge number must not become a huge list."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    wanted = size + MEMORY if soft == resource.RLIM_INFINITY else min(soft, size + MEMORY)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def first_free(module, qualname):
    """How many leading arguments stay as they are: 1 for methods and class methods, else 0."""
    outer, _, name = qualname.rpartition(".")
    owner = accessors.resolve(module, outer) if outer else None
    if not isinstance(owner, type):
        return 0
    return 0 if type(accessors.type_dict(owner).get(name)) is staticmethod else 1


def sources_of(function):
    """The source of a function and of the functions that it names beside it."""
    code = function.__code__
    tree = given.tree(code.co_filename)
    if tree is None:
        return []
    named = (function.__globals__.get(name) for name in code.co_names)
    wanted = {other.__code__.co_firstlineno for other in named if type(other) is types.FunctionType and other.__code__.co_filename == code.co_filename}
    wanted.add(code.co_firstlineno)
    definitions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    chosen = [node for node in definitions if min([node.lineno] + [decorator.lineno for decorator in node.decorator_list]) in wanted]
    return [ast.unparse(node) for node in chosen]
