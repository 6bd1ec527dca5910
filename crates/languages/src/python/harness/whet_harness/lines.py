"""Instrument::Lines: time by line of the targets: `lines-<pid>.json`.

    {"targets": {NAME: [[line, hits, seconds], ...]}, "by": "line_profiler"}

line_profiler does it where the tools hold it for this interpreter. Otherwise the targets' own frames
are followed by sys.monitoring (3.12) or sys.settrace, and each line is given the time until the next
one in its frame; what that costs falls on lines alike.
"""

import atexit
import json
import os
import sys
import time
import types

from . import branches, hook
from .bootstrap import at_end_of_child

_TOOLS = os.environ.get("WHET_TOOLS", "/whet/tools")
_clock = time.perf_counter


class Follower:
    """Times lines of code objects without any tool."""

    name = "lines"

    def __init__(self):
        self.codes = {}
        self.times = {}

    def add(self, site, codes):
        """Takes the code objects of a target; answers those that are to run in their places."""
        for code in codes:
            self.codes[code] = site.name
        return {}

    def forget(self):
        self.times.clear()

    def _close(self, last):
        code, line, began = last
        entry = self.times.setdefault((self.codes[code], line), [0, 0.0])
        entry[0] += 1
        entry[1] += _clock() - began

    def document(self):
        by_target = {}
        for (name, line), (hits, seconds) in sorted(self.times.items()):
            by_target.setdefault(name, []).append([line, hits, seconds])
        return by_target


class Tracer(Follower):
    """Follows frames by sys.settrace: before 3.12."""

    def start(self):
        import threading

        threading.settrace(self._called)
        sys.settrace(self._called)

    def _called(self, frame, _event, _argument):
        code = frame.f_code
        if code not in self.codes:
            return None
        last = None

        def trace(frame, event, _argument):
            nonlocal last
            if last is not None:
                self._close(last)
                last = None
            if event == "line":
                last = (code, frame.f_lineno, _clock())
            return trace

        return trace


class Monitor(Follower):
    """Follows code objects by sys.monitoring: from 3.12 on. Nested calls are part of their line."""

    def start(self):
        monitoring = sys.monitoring
        self.tool = next((tool for tool in (4, 3, 5) if monitoring.get_tool(tool) is None), None)
        if self.tool is None:
            raise RuntimeError("no monitoring tool id is free")
        monitoring.use_tool_id(self.tool, "whet lines")
        events = monitoring.events
        self.frames = {}
        monitoring.register_callback(self.tool, events.LINE, self._line)
        for event in (events.PY_RETURN, events.PY_YIELD):
            monitoring.register_callback(self.tool, event, self._left)
        monitoring.register_callback(self.tool, events.PY_UNWIND, self._unwound)
        monitoring.set_events(self.tool, events.PY_UNWIND)
        for code in self.codes:
            self._watch(code)

    def add(self, site, codes):
        super().add(site, codes)
        if hasattr(self, "tool"):
            for code in codes:
                self._watch(code)
        return {}

    def _watch(self, code):
        events = sys.monitoring.events
        sys.monitoring.set_local_events(self.tool, code, events.LINE | events.PY_RETURN | events.PY_YIELD)

    def _line(self, code, line):
        frame = sys._getframe(1)
        last = self.frames.get(frame)
        if last is not None:
            self._close(last)
        self.frames[frame] = (code, line, _clock())

    def _left(self, code, _offset, _value):
        last = self.frames.pop(sys._getframe(1), None)
        if last is not None:
            self._close(last)

    def _unwound(self, code, _offset, _exception):
        if code in self.codes:
            self._left(code, 0, None)


class LineProfiler:
    """line_profiler, where it can be had."""

    name = "line_profiler"

    def __init__(self):
        sys.path.append(_TOOLS)
        before = set(sys.modules)
        try:
            from line_profiler import _line_profiler

            self.profiler = _line_profiler.LineProfiler()
        finally:
            sys.path.remove(_TOOLS)
            # The workload is to find its own copies of what the tool brought along.
            for name in set(sys.modules) - before:
                if not name.startswith(("line_profiler", "_line_profiler")) and _is_of_tools(sys.modules[name]):
                    del sys.modules[name]
        self.places = {}

    def add(self, site, codes):
        exchanged = {}
        # Inner functions first: the profiler changes a function's code, and the outer one holds it.
        for code in reversed(codes):
            function = _function_of(_exchange(code, exchanged))
            self.profiler.add_function(function)
            exchanged[code] = function.__code__
            self.places[(code.co_filename, code.co_firstlineno)] = site.name
        return exchanged

    def start(self):
        self.profiler.enable()

    def forget(self):
        self.profiler.disable()

    def document(self):
        self.profiler.disable()
        stats = self.profiler.get_stats()
        by_target = {}
        for (file, first, _), lines in stats.timings.items():
            name = self.places.get((file, first))
            if name is not None:
                by_target.setdefault(name, []).extend([line, hits, ticks * stats.unit] for line, hits, ticks in lines)
        return by_target


def _is_of_tools(module):
    return (getattr(module, "__file__", None) or "").startswith(_TOOLS + os.sep)


def _exchange(code, exchanged):
    """`code` with inner code objects exchanged as `exchanged` says."""
    if not exchanged:
        return code
    constants = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constant = exchanged.get(constant) or _exchange(constant, exchanged)
        constants.append(constant)
    return code.replace(co_consts=tuple(constants))


def _function_of(code):
    closure = tuple(types.CellType() for _ in code.co_freevars)
    return types.FunctionType(code, {}, code.co_name, None, closure or None)


class Session:
    """The targets of one process."""

    def __init__(self, config, profiler):
        self.config = config
        self.profiler = profiler
        self.written = False
        self.sites = config.sites_by_file()

    def finish(self, code, path):
        """Learns the targets' code objects as their module is compiled."""
        exchanged = {}
        for site in self.sites[path]:
            found = branches.find_code(code, site.qualname, site.line)
            if found is not None and found not in exchanged:
                exchanged.update(self.profiler.add(site, branches.nested(found)))
        return _exchange(code, exchanged)

    def write(self):
        if self.written:
            return
        self.written = True
        document = {"targets": self.profiler.document(), "by": self.profiler.name}
        with open(self.config.output("lines", ".json"), "w", encoding="utf-8") as file:
            json.dump(document, file)

    def forked(self):
        self.written = False
        self.profiler.forget()
        at_end_of_child(self.write)


def choose_profiler():
    """line_profiler if it loads here, else one of our own."""
    own = Monitor if hasattr(sys, "monitoring") else Tracer
    if not os.path.isdir(os.path.join(_TOOLS, "line_profiler")):
        return own()
    try:
        return LineProfiler()
    except Exception:
        return own()


def start(config):
    """Times lines from here to the end of the process."""
    session = Session(config, choose_profiler())
    hook.install({path: lambda tree, _path: tree for path in session.sites}, session.finish)
    session.profiler.start()
    atexit.register(session.write)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=session.forked)
