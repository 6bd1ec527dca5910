"""Profiles a workload with cProfile, every thread and forked child included: `profile-<pid>.json`.

    {"argv": [...], "wall_s": 1.2, "cpu_s": 1.1, "bias": {"callee_s": 5e-8, "caller_s": 4e-8},
     "functions": [[file, line, name, calls, primitive_calls, own_s, total_s], ...],
     "edges": [[caller, callee, calls, own_s, total_s], ...]}

Files inside the tree are relative to it; built-in functions have the file "". `bias` is what
profiling one call adds to the callee's and to the caller's own time, measured at the end.
"""

import atexit
import cProfile
import json
import os
import sys
import threading
import time

from .bootstrap import at_end_of_child

_perf_counter = time.perf_counter
_process_time = time.process_time
# From 3.12 on a profiler sees every thread of the process; before, each needs its own.
_ONE_FOR_ALL_THREADS = sys.version_info >= (3, 12)


class Session:
    """The profilers of one process."""

    def __init__(self, config):
        self.config = config
        self.begin()

    def begin(self):
        self.profilers = []
        self.dumped = False
        self.started = (_perf_counter(), _process_time())
        if not _ONE_FOR_ALL_THREADS:
            threading.setprofile(self._thread_started)
        self._profile_here()

    def _profile_here(self):
        profiler = cProfile.Profile()
        self.profilers.append(profiler)
        try:
            profiler.enable()
        except ValueError:
            # Another profiler of the workload's own holds the hook; its run stays as it is.
            self.profilers.pop()

    def _thread_started(self, _frame, _event, _argument):
        self._profile_here()

    def end(self):
        """Writes what was seen. Also called where a forked child ends without atexit."""
        if self.dumped:
            return
        self.dumped = True
        wall, cpu = _perf_counter() - self.started[0], _process_time() - self.started[1]
        for profiler in self.profilers:
            profiler.disable()
        if not _ONE_FOR_ALL_THREADS:
            threading.setprofile(None)
        table = Table(self.config.tree)
        for profiler in self.profilers:
            table.add(profiler.getstats())
        document = {"argv": list(getattr(sys, "argv", [])), "wall_s": wall, "cpu_s": cpu, "bias": measure_bias()}
        document.update(table.document())
        with open(self.config.output("profile", ".json"), "w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(document, file)

    def forked(self):
        """Starts anew in a forked child: what the parent did is the parent's."""
        for profiler in self.profilers:
            profiler.disable()
        self.begin()
        at_end_of_child(self.end)


class Table:
    """Functions by place, with what they called."""

    def __init__(self, tree):
        self.prefix = tree.rstrip(os.sep) + os.sep
        self.paths = {}
        self.indexes = {}
        self.functions = []
        self.edges = {}

    def index(self, code):
        if isinstance(code, str):
            key = ("", 0, code)
        else:
            key = (self.path(code.co_filename), code.co_firstlineno, getattr(code, "co_qualname", code.co_name))
        index = self.indexes.get(key)
        if index is None:
            index = self.indexes[key] = len(self.functions)
            self.functions.append([key[0], key[1], key[2], 0, 0, 0.0, 0.0])
        return index

    def path(self, filename):
        known = self.paths.get(filename)
        if known is None:
            real = os.path.realpath(filename) if os.path.exists(filename) else filename
            known = real[len(self.prefix) :] if real.startswith(self.prefix) else filename
            self.paths[filename] = known
        return known

    def add(self, entries):
        for entry in entries:
            caller = self.index(entry.code)
            function = self.functions[caller]
            function[3] += entry.callcount
            function[4] += entry.callcount - entry.reccallcount
            function[5] += entry.inlinetime
            function[6] += entry.totaltime
            for called in entry.calls or ():
                edge = self.edges.setdefault((caller, self.index(called.code)), [0, 0.0, 0.0])
                edge[0] += called.callcount
                edge[1] += called.inlinetime
                edge[2] += called.totaltime

    def document(self):
        edges = [[caller, callee] + values for (caller, callee), values in self.edges.items()]
        return {"functions": self.functions, "edges": edges}


def _empty():
    pass


def _call_many(count):
    for _ in range(count):
        _empty()


def measure_bias(count=4000):
    """Measures what profiling adds to one call, in seconds: to the callee's and the caller's own time."""
    _call_many(count)
    began = _perf_counter()
    _call_many(count)
    plain = _perf_counter() - began
    profiler = cProfile.Profile()
    try:
        profiler.enable()
        _call_many(count)
        profiler.disable()
    except ValueError:
        return {"callee_s": 0.0, "caller_s": 0.0}
    own = {entry.code.co_name: entry.inlinetime for entry in profiler.getstats() if not isinstance(entry.code, str)}
    callee, caller = own.get("_empty", 0.0) / count, (own.get("_call_many", 0.0) - plain) / count
    return {"callee_s": max(callee, 0.0), "caller_s": max(caller, 0.0)}


def start(config):
    """Profiles from here to the end of the process."""
    session = Session(config)
    atexit.register(session.end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=session.forked)
