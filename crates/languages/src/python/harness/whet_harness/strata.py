"""What the recorder keeps of one target: strata of like calls, each with its cases and its weight."""

import random
import weakref

# More kinds of calls than this, for each case to keep, are no longer told apart by caller.
STRATA_PER_CASE = 4


class Stratum:
    """Calls with the same argument types, sizes and caller, as far as a look can tell."""

    __slots__ = ("calls", "captured", "cost", "cost_after", "kept")

    def __init__(self, cost=20_000):
        self.calls = 0
        self.captured = 0
        self.cost = cost
        self.cost_after = 0
        self.kept = []

    def costs(self, before):
        """Learns what a capture took before the call; `cost` is the whole capture's."""
        self.cost = (self.cost + before + self.cost_after) / 2

    def costs_after(self, after):
        """Learns what it took after the call."""
        self.cost_after = (self.cost_after + after) / 2


class Kept:
    """A case, with where it belongs."""

    __slots__ = ("header", "input", "outcome", "stratum", "sequence", "size")

    def __init__(self, header, input, outcome, stratum, sequence):
        self.header = header
        self.input = input
        self.outcome = outcome
        self.stratum = stratum
        self.sequence = sequence
        self.size = len(input) + len(outcome)


class Sequence:
    """Calls of one object, one after another with none of the target's between them."""

    def __init__(self, number, holder, mark, patience):
        self.number = number
        try:
            self.holder = weakref.ref(holder)
        except TypeError:
            self.holder = lambda: holder
        self.last_call = mark.calls()
        self.taken = 0
        self.kept = 0
        self.looks_left = patience
        self.open = True

    def is_open(self):
        return self.open

    def follows(self, arguments, mark):
        """Tells whether this call is the object's next; a call of another object may lie between."""
        if not self.open:
            return False
        self.looks_left -= 1
        if arguments.first() is self.holder():
            return True
        if self.looks_left <= 0 or self.holder() is None:
            self.open = False
        return False

    def took(self, call, length, patience):
        """Notes a captured call."""
        self.taken += 1
        self.last_call = call
        self.looks_left = patience
        if self.taken >= length:
            self.open = False


class Record:
    """One target in one process."""

    def __init__(self, mark, most_cases, most_bytes, drawn=None):
        self.mark = mark
        self.most_cases = most_cases
        self.most_bytes = most_bytes
        self.random = drawn or random.Random(0)
        self.strata = {}
        self.kept = []
        self.bytes = 0
        self.dropped = {}
        self.looks = 0
        self.captures = 0
        self.cheapest = 20_000
        self.dear = 0
        self.look_cost = 0
        self.first_call = 0
        self.calls_seen = 0
        self.sequence = None
        self.target = None
        self.sequences = 0
        self.ends = {}

    def target_of(self, function, make):
        """The function's capture.Target, made once: what it reaches is searched only once."""
        if self.target is None or self.target.function is not function:
            self.target = make()
        return self.target

    def begin_at(self, calls):
        """Counts from here on: as in a forked child, or behind calls that pass."""
        self.first_call = self.calls_seen = calls

    def calls(self):
        """Calls of the target in this process."""
        return max(0, self.mark.calls() - self.first_call)

    def drop(self, reason):
        """Counts a call that could have been a case and is none."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1

    def stratum(self, kinds, caller, calls):
        """Finds a call's stratum, and adds the calls that the look stands for."""
        key = (kinds, caller and (caller.f_code, caller.f_lineno))
        if len(self.strata) > self.most_cases * STRATA_PER_CASE and key not in self.strata:
            key = (kinds, None) if (kinds, None) in self.strata or len(self.strata) < self.most_cases * 2 * STRATA_PER_CASE else None
        stratum = self.strata.get(key)
        if stratum is None:
            stratum = self.strata[key] = Stratum(self.cheapest * 4)
        stratum.calls += max(1, calls)
        return stratum

    def quota(self):
        """Cases that one stratum may hold."""
        return max(2, self.most_cases // max(4, len(self.strata)))

    def wants(self, stratum):
        """Decides whether a call of the stratum is captured: surely while it has few, else by chance."""
        quota = self.quota()
        if stratum.captured < min(quota, 4):
            return True
        return self.random.random() < (0.5 if stratum.captured < quota else quota / (quota + stratum.calls))

    def captured(self, stratum, cost):
        """Notes a capture and what it took before the call."""
        stratum.captured += 1
        stratum.costs(cost)
        self.captures += 1
        # What is not known of a new stratum is hoped for: one capture teaches more than none.
        self.cheapest = min(self.cheapest, cost) if self.captures > 1 else cost
        self.dear = max(cost, self.dear / 2)

    def begin_sequence(self, arguments, mark, patience):
        """Begins a sequence at a captured call of a method, if there may be more of them."""
        if mark.kind != "method" or self.sequences * 3 > self.most_cases:
            return None
        if self.sequence is not None and self.sequence.is_open():
            return None
        self.sequences += 1
        self.sequence = Sequence(self.sequences, arguments.first(), mark, patience)
        return self.sequence

    def keep(self, case):
        """Keeps a case, in place of one that is less missed where there are enough."""
        if case.size > max(self.most_bytes // 4, 1):
            self.drop("larger than a quarter of the target's share of bytes")
            return
        self.kept.append(case)
        case.stratum.kept.append(case)
        self.bytes += case.size
        self._count(case, 1)
        while len(self.kept) > self.most_cases or self.bytes > self.most_bytes:
            self._remove(self._least_missed())

    def _count(self, case, by):
        ends = case.header["ends"]
        self.ends[ends] = self.ends.get(ends, 0) + by
        if case.sequence is not None:
            case.sequence.kept += by

    def _least_missed(self):
        """One of the fullest stratum; a rare end, a sequence and a promised branch stay longer."""
        fullest = max(len(case.stratum.kept) for case in self.kept)
        crowd = [case for case in self.kept if len(case.stratum.kept) == fullest]
        common = [case for case in crowd if self.ends[case.header["ends"]] > 3]
        single = [case for case in common if case.sequence is None or case.sequence.kept < 2]
        return self.random.choice(single or common or crowd)

    def _remove(self, case):
        self.kept.remove(case)
        case.stratum.kept.remove(case)
        self.bytes -= case.size
        self._count(case, -1)

    def cases(self):
        """The kept cases in the order of their calls, weighted: together they stand for every call."""
        from .casefile import Case

        self._settle_weights()
        found = []
        for number, case in enumerate(sorted(self.kept, key=lambda case: case.header["position"])):
            header = dict(case.header, id="%s#%d" % (self.mark.site.qualname, number), weight=case.header.get("weight", 1))
            if case.sequence is not None and case.sequence.kept > 1:
                header["sequence"] = "%s@%d" % (self.mark.site.qualname, case.sequence.number)
            found.append(Case(header, case.input, case.outcome))
        return found

    def _settle_weights(self):
        whole = sum(stratum.calls for stratum in self.strata.values() if stratum.kept)
        scale = self.calls() / whole if whole else 1.0
        for stratum in self.strata.values():
            share = stratum.calls * scale / len(stratum.kept) if stratum.kept else 0
            for case in stratum.kept:
                case.header["weight"] = max(1, round(share))

    def report(self):
        """Counts for `record-<pid>.json`."""
        return {
            "kind": self.mark.kind,
            "calls": self.calls(),
            "looks": self.looks,
            "captured": self.captures,
            "kept": len(self.kept),
            "strata": len(self.strata),
            "sequences": self.sequences,
            "dropped": self.dropped,
        }


def describe_caller(caller):
    """Names a caller's frame as `module:qualname:line`."""
    if caller is None:
        return ""
    code = caller.f_code
    module = caller.f_globals.get("__name__")
    return "%s:%s:%d" % (module if type(module) is str else "?", getattr(code, "co_qualname", code.co_name), caller.f_lineno or 0)
