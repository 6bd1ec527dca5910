"""Instrument::Outcomes: counts outcomes by source position in the targets: `outcomes-<pid>.json`.

    {"targets": {NAME: {"observations": core's Observations, "timings": [[size, nanoseconds], ...]}}}

A target's plain code runs unless a random countdown ends: then one call goes through the observed
copy, or is timed with its input's size. The first calls are all looked at; later ones more and more
rarely, so that the workload is not held up by what is known already.
"""

import atexit
import json
import os
import random
import sys
import time
import types

from . import counts, entries, hook, observe
from .bootstrap import at_end_of_child

_clock = time.perf_counter_ns
_BOUND = (types.BuiltinMethodType, types.MethodType)
# Calls looked at before the countdown starts, and observed calls after which it grows longer.
_FIRST = 24
_ENOUGH = 1500
_TIMINGS = 3000
# One call may pass a place a million times; what so many showed, more would not change.
_COUNTED = 20000


class Mark:
    """What a rewritten target calls; one a target."""

    def __init__(self, site, parameters, one_in, seed):
        self.site = site
        self.one_in = one_in
        self.random = random.Random("%s %s" % (seed, site.name))
        self.whole = counts.Whole(parameters)
        self.counters = []
        self.places = []
        self.looks = 0
        self.calls_before = 0
        self.began = []
        self._wait(0)

    def __reduce__(self):
        # Code that is pickled by value takes a mark along that lets every call pass.
        return (_Unwatched, ())

    def forget(self):
        """Drops what was counted, as in a forked child: it is the parent's."""
        self.whole = counts.Whole(self.whole.parameters)
        self.counters = [type(counter)() for counter in self.counters]
        self.calls_before = self.looks = 0
        self.began = []
        self._wait(0)

    def add(self, counter, node):
        """Takes a place of the source; answers its index."""
        self.counters.append(counter)
        self.places.append((node.lineno, node.col_offset, node.end_lineno, node.end_col_offset))
        return len(self.counters) - 1

    def _wait(self, calls):
        self._planned = self._left = calls

    def whet_enter(self):
        """None for a call that runs plainly."""
        if self._left:
            self._left -= 1
            return None
        return self.look(counts.getframe(1))

    def look(self, frame):
        """Chooses for one call: 1 to time it, 2 for the observed copy."""
        self.calls_before += self._planned + 1
        self.looks += 1
        if self.looks <= _FIRST:
            self._wait(0)
        else:
            spacing = self.one_in * (1 + self.whole.sampled // _ENOUGH) ** 2
            self._wait(self.random.randrange(2 * spacing))
        if self.looks % 3 == 0 and len(self.whole.timings) < _TIMINGS:
            size = size_of_call(frame, self.whole.parameters)
            self.began.append((size, frame, _clock()))
            return 1
        return 2

    def calls(self):
        return self.calls_before + self._planned - self._left

    # What the rewritten code calls.

    def whet_timed(self):
        now = _clock()
        frame = counts.getframe(1)
        for index in range(len(self.began) - 1, -1, -1):
            size, began_in, began = self.began[index]
            if began_in is frame:
                del self.began[index]
                self.whole.timings.append((size, now - began))
                return

    def whet_begin(self, _way, *arguments):
        self.whole.enter(arguments, counts.caller_of(counts.getframe(1)))
        return arguments

    def whet_result(self, arguments, value):
        if type(arguments) is tuple:
            self.whole.leave(arguments, value)
        return value

    def whet_failed(self, _arguments):
        kind = sys.exc_info()[0]
        if kind is not None and kind is not GeneratorExit:
            self.whole.fail(kind)

    def whet_branch(self, index, value):
        counter = self.counters[index]
        if value:
            counter.taken += 1
            return True
        counter.not_taken += 1
        return False

    def whet_value(self, index, value):
        values = self.counters[index].values
        if values.count < _COUNTED:
            values.see(value)
        return value

    def whet_loop_entered(self, index):
        self.counters[index].entered += 1

    def whet_trip(self, index):
        self.counters[index].trips += 1

    def whet_loop(self, index, iterated):
        counter = self.counters[index]
        counter.entered += 1
        return _trips(counter, iter(iterated))

    def whet_try_entered(self, index):
        self.counters[index].entered += 1

    def whet_caught(self, index):
        kind = sys.exc_info()[0]
        if kind is not None:
            self.counters[index].see(kind)

    def whet_call(self, index, function, /, *arguments, **keywords):
        counter = self.counters[index]
        if counter.count >= _COUNTED:
            return function(*arguments, **keywords)
        counter.count += 1
        seen = [counts.fingerprint(argument) for argument in arguments]
        seen.append([(name, counts.fingerprint(value)) for name, value in keywords.items()])
        # A method's receiver is an argument too: what it does depends on it.
        receiver = function.__self__ if type(function) in _BOUND else None
        seen.append(counts.fingerprint(receiver))
        if counter.last == seen:
            counter.same_as_last += 1
        counter.last = seen
        try:
            result = function(*arguments, **keywords)
        except BaseException as error:
            name = counts.type_name(type(error))
            counter.raised[name] = counter.raised.get(name, 0) + 1
            raise
        if type(result) not in counts.SAME_EVERYWHERE:
            if (arguments and counts.equals(result, arguments[0])) or (receiver is not None and counts.equals(result, receiver)):
                counter.returns_argument += 1
        return result

    def document(self):
        positions = []
        order = {"branch": 0, "call": 1, "loop": 2, "try": 2, "value": 3}
        for counter, place in sorted(zip(self.counters, self.places), key=lambda entry: (entry[1], order[entry[0].what])):
            line, column, end_line, end_column = place
            if not counter.seen():
                continue
            what = dict(counter.document(), what=counter.what)
            if counter.what == "loop" and counter.entered and not counter.most:
                # A `while` tells its trips one by one; the mean stands in for the most.
                what["most"] = -(-counter.trips // counter.entered)
            positions.append({"line": line, "column": column, "end_line": end_line, "end_column": end_column, "what": what})
        return {"observations": self.whole.document(self.calls(), positions), "timings": [list(point) for point in self.whole.timings]}


class _Unwatched:
    """Lets every call pass."""

    @staticmethod
    def whet_enter():
        return None


def _trips(counter, iterator):
    trips, broke = 0, True
    try:
        for value in iterator:
            trips += 1
            yield value
        broke = False
    finally:
        counter.ended(trips, broke)


def size_of_call(frame, names):
    """How large a call's input is: what its containers and texts hold, or else its largest number."""
    values = [frame.f_locals.get(name) for name in names]
    numbers = [value for value in values if type(value) is int and value > 0]
    return min(sum(_input_size(value) for value in values) or max(numbers, default=0), counts.LONGEST)


def _input_size(value):
    # An object is as large as what its attributes hold.
    size = counts.size_of(value)
    if size:
        return size
    attributes = getattr(value, "__dict__", None) if type(value).__module__ != "builtins" else None
    return sum(counts.size_of(attribute, 0) for attribute in attributes.values()) if type(attributes) is dict else 0


class Session:
    """The targets' marks in one process."""

    def __init__(self, config):
        self.config = config
        self.marks = []
        self.written = False
        self.sites = config.sites_by_file()

    def rewrite(self, tree, path):
        for site in self.sites[path]:
            found = entries.find(tree, site.qualname, site.line)
            if found is None:
                continue
            node, _ = found
            mark = Mark(site, observe.parameters_of(node), self.config.parameters["one_in"], self.config.parameters["seed"])
            if observe.rewrite_function(node, entries.PREFIX + str(len(self.marks)), mark):
                self.marks.append(mark)
        return tree

    def finish(self, code, _path):
        return entries.exchange(code, self.marks)

    def write(self):
        if self.written:
            return
        self.written = True
        targets = {mark.site.name: mark.document() for mark in self.marks if mark.calls()}
        with open(self.config.output("outcomes", ".json"), "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump({"targets": targets}, file)

    def forked(self):
        self.written = False
        for mark in self.marks:
            mark.forget()
        at_end_of_child(self.write)


def start(config):
    """Observes from here to the end of the process."""
    session = Session(config)
    hook.install({path: session.rewrite for path in session.sites}, session.finish)
    atexit.register(session.write)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=session.forked)
