"""Instrument::Allocations: what a workload and its targets allocate: `allocations-<pid>.json`.

    {"peak_bytes": 123, "targets": {NAME: [[size of the input, bytes at the call's peak], ...]}}

tracemalloc follows the whole process. Some calls of each target, chosen at random, are measured: the
peak while the call ran above what was alive when it began. Calls of generators and coroutines share
their time with others and are not measured.
"""

import atexit
import json
import os
import random
import tracemalloc

from . import entries, hook
from .bootstrap import at_end_of_child
from .outcomes import size_of_call

_FIRST = 20
_POINTS = 600


class Activation:
    """One measured call."""

    __slots__ = ("pending", "frame", "points", "size", "before", "session")
    # Its arguments stay as they are.
    streams = None

    def __init__(self, session, points, size):
        self.pending = None
        self.frame = None
        self.session = session
        self.points = points
        self.size = size
        self.before = session.begin()

    def returned(self, _value):
        peak = self.session.end()
        if peak is not None and len(self.points) < _POINTS:
            self.points.append((self.size, max(peak - self.before, 0)))

    def failed(self, _exception):
        self.session.end()

    def yielded(self, _value):
        """Generators are not measured."""

    def sent(self, _value):
        """See `yielded`."""


class Session:
    """The listener of every mark in one process."""

    def __init__(self, config):
        self.config = config
        self.marks = []
        self.points = {}
        self.looks = {}
        self.random = random.Random(0)
        self.peak = 0
        self.open = 0
        self.written = False
        self.sites = config.sites_by_file()

    def sample(self, mark, frame):
        name = mark.site.name
        looks = self.looks[name] = self.looks.get(name, 0) + 1
        points = self.points.setdefault(name, [])
        mark.skip(0 if looks < _FIRST else self.random.randrange(8 * (1 + len(points) // 50) ** 2))
        # Peaks of nested measurements would overlap: the peak is reset when one begins.
        if self.open or len(points) >= _POINTS or mark.kind in ("generator", "coroutine", "asyncgen"):
            return None
        names = frame.f_code.co_varnames[: frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]
        return Activation(self, points, size_of_call(frame, names))

    def begin(self):
        self.open += 1
        current, peak = tracemalloc.get_traced_memory()
        self.peak = max(self.peak, peak)
        if hasattr(tracemalloc, "reset_peak"):
            tracemalloc.reset_peak()
        return current

    def end(self):
        """The peak since `begin`; None if the interpreter can't tell."""
        self.open -= 1
        return tracemalloc.get_traced_memory()[1] if hasattr(tracemalloc, "reset_peak") else None

    def write(self):
        if self.written:
            return
        self.written = True
        peak = max(self.peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        targets = {name: [list(point) for point in points] for name, points in self.points.items()}
        with open(self.config.output("allocations", ".json"), "w", encoding="utf-8") as file:
            json.dump({"peak_bytes": peak, "targets": targets}, file)

    def forked(self):
        self.written = False
        self.points.clear()
        self.open = 0
        for mark in self.marks:
            mark.forget_activations()
        at_end_of_child(self.write)


def start(config):
    """Follows allocations from here to the end of the process."""
    session = Session(config)
    rewrite, finish = entries.marker(session.sites, session, session.marks)
    hook.install({path: rewrite for path in session.sites}, finish)
    atexit.register(session.write)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=session.forked)
    tracemalloc.start(1)
