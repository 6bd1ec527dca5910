"""Starts the instrument that the environment asks for; the workload goes on whatever happens to it.

`WHET_INSTRUMENT` holds JSON: `instrument` (core's Instrument with its parameters), `targets` (core's
TargetSite), `tree` (the side's tree) and `out` (a folder of the instrument's own).
"""

import time

# What follows until the instrument has started is the instrument's own time.
BEGUN_NS = time.process_time_ns()

import json
import os
import sys
import traceback

# An instrument is a module of this package with a function `start(config)`.
MODULES = {
    "profile": "profile",
    "lines": "lines",
    "allocations": "allocations",
    "outcomes": "outcomes",
    "record": "record",
    "rerun": "rerun",
    "stopwatch": "stopwatch",
    "coverage": "branches",
}


class Site:
    """One target's place in the tree."""

    def __init__(self, entry):
        self.name = entry["name"]
        self.module, _, self.qualname = self.name.rpartition(":")
        self.file = entry["file"]
        self.line = entry["line"]
        self.end_line = entry["end_line"]


class Config:
    """What an instrument is told."""

    def __init__(self, document):
        self.parameters = document["instrument"]
        self.instrument = self.parameters["instrument"]
        self.targets = [Site(entry) for entry in document["targets"]]
        self.tree = os.path.realpath(document["tree"])
        self.out = document["out"]

    def path_of(self, site):
        """Answers the absolute path of a target's file."""
        return os.path.realpath(os.path.join(self.tree, site.file))

    def sites_by_file(self):
        """The targets in each file, by its absolute path."""
        found = {}
        for site in self.targets:
            found.setdefault(self.path_of(site), []).append(site)
        return found

    def output(self, stem, suffix):
        """Answers this process's own output path, such as `cases-123.bin`.

        A process id may be used again by a later process of one workload, hence the check.
        """
        os.makedirs(self.out, exist_ok=True)
        name = os.path.join(self.out, "%s-%d%s" % (stem, os.getpid(), suffix))
        again = 1
        while os.path.exists(name):
            name = os.path.join(self.out, "%s-%d-%d%s" % (stem, os.getpid(), again, suffix))
            again += 1
        return name


def at_end_of_child(action):
    """Lets `action` run when a process forked by multiprocessing ends, which skips atexit."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        keeper = at_end_of_child
        # After what the child registers itself.
        util.register_after_fork(keeper, lambda _: util.Finalize(None, action, exitpriority=-1000))


def start(text):
    """Starts the instrument; a failure is written to `failed-<pid>.txt` and nowhere else."""
    config = None
    try:
        config = Config(json.loads(text))
        name = MODULES.get(config.instrument)
        if name is not None:
            module = __import__("whet_harness." + name, fromlist=["start"])
            module.start(config)
    except BaseException:
        report_failure(config)


def report_failure(config):
    """Writes the current exception where the runner finds it."""
    try:
        with open(config.output("failed", ".txt"), "w", encoding="utf-8") as file:
            file.write(traceback.format_exc())
    except Exception:
        pass
