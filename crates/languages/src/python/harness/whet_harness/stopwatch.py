"""Instrument::Stopwatch: processor time of a thread between entry and exit of one target's outermost calls.

For targets whose calls can't be made again elsewhere: their share of the running workload is what is timed. Each end of
a call reads the thread's clock once, as the last thing before and the first thing after the call's own code; a call
within another one of the target reads none. Generators and coroutines are not timed: what their consumers do
in between would count. Each process writes `stopwatch-<pid>.json`.
"""

import ast
import atexit
import json
import os
import statistics
import sys
import threading
import time

from . import bootstrap, entries, hook

PLAIN = ("function", "method", "classmethod", "staticmethod")
_getframe = sys._getframe
# Of what is known of a thread, behind its outermost call's frame and beginning.
_SPENT, _CALLS = 2, 3


class Watch(threading.local):
    """What the calls of each thread took. `cells` holds the threads' own ones, of threads that ended too."""

    def __init__(self, cells):
        self.cell = [None, 0, 0, 0]
        cells.append(self.cell)


class Mark:
    """The constant that a marked function calls, as entries.Mark is, for one that only looks at the clock."""

    def __init__(self, site, kind, session):
        self.kind = kind
        clock, watch = time.thread_time_ns, session.watch

        def enter():
            cell = watch.cell
            if cell[0] is None:
                cell[0] = _getframe(1)
                cell[1] = clock()

        def returned(_none, value):
            cell = watch.cell
            if cell[0] is _getframe(1):
                cell[2] += clock() - cell[1]
                cell[3] += 1
                cell[0] = None
            return value

        def ended():
            cell = watch.cell
            if cell[0] is _getframe(1):
                cell[2] += clock() - cell[1]
                cell[3] += 1
                cell[0] = None

        if kind in PLAIN:
            self.whet_enter, self.whet_returned, self.whet_failed, self.whet_done = enter, returned, ended, ended
        else:
            self.whet_enter = self.whet_failed = self.whet_done = entries._do_nothing
            self.whet_returned = entries._answer_second
        # What a guarded `return` gives is on its way until `whet_done`.
        self.whet_result = self.whet_yielded = self.whet_sent = self.whet_delegated = entries._answer_second

    def __reduce__(self):
        # As entries.Mark has it.
        return (entries._Unwatched, ())

    @staticmethod
    def whet_defined(function):
        return function


class Session:
    """The stopwatch of this process."""

    def __init__(self, config=None):
        self.config = config
        self.marks = []
        self.cells = []
        self.watch = Watch(self.cells)
        if config is not None:
            self.own_ns, self.own_least_ns = own_cost()
            self.path = config.output("stopwatch", ".json")

    def total(self, place):
        """The sum over all threads."""
        return sum(cell[place] for cell in self.cells)

    def write(self):
        """Writes the totals, at the process's end."""
        if not self.total(_CALLS) and all(mark.kind in PLAIN for mark in self.marks):
            return
        document = {
            "cpu_ns": self.total(_SPENT),
            "calls": self.total(_CALLS),
            "own_ns": self.own_ns,
            "own_least_ns": self.own_least_ns,
            "kind": next((mark.kind for mark in self.marks if mark.kind not in PLAIN), ""),
        }
        try:
            with open(self.path, "w", encoding="utf-8") as file:
                json.dump(document, file)
        except OSError:
            bootstrap.report_failure(self.config)

    def after_fork(self):
        """Makes a forked child count for itself; a call that it was forked in stays its parent's."""
        self.path = self.config.output("stopwatch", ".json")
        for cell in self.cells:
            cell[:] = [None, 0, 0, 0]
        bootstrap.at_end_of_child(self.write)


def own_cost():
    """Nanoseconds that the clock shows for a call of an empty function: the median of some rounds, and the least."""
    session = Session()
    rewrite, finish = entries.marker({"": [entries._Anywhere]}, session, session.marks, Mark)
    space = {}
    exec(finish(compile(rewrite(ast.parse("def f():\n    return None\n"), ""), "", "exec"), ""), space)
    function, rounds = space["f"], []
    for _ in range(9):
        before = session.total(_SPENT)
        for _ in range(300):
            function()
        rounds.append((session.total(_SPENT) - before) / 300)
    return statistics.median(rounds), min(rounds)


def start(config):
    """Starts in this process and the ones it forks."""
    session = Session(config)
    sites = config.sites_by_file()
    rewrite, finish = entries.marker(sites, session, session.marks, Mark)
    hook.install({path: rewrite for path in sites}, finish)
    atexit.register(session.write)
    os.register_at_fork(after_in_child=session.after_fork)
