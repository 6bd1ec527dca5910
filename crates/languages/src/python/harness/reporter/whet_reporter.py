"""A pytest plugin that tells the outcome of each test, one JSON document a line.

It is loaded by `PYTEST_PLUGINS` and writes to the file that `WHET_REPORT` names. It stands in a folder
of its own, so that nothing else of the harness is on the module path of a plain test run.
"""

import json
import os

import pytest

# Of several phases of one test the worst is told.
RANKS = {"passed": 0, "xpassed": 0, "skipped": 1, "xfailed": 1, "failed": 2, "error": 3}


def pytest_configure(config):
    """Starts the report of the outermost session.

    The variable goes, so that a session that a test starts has nothing to report to. Workers of a
    distributed run keep silent: their controller tells of every test.
    """
    path = os.environ.pop("WHET_REPORT", None)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporter(path), "whet-reporter-of-session")


class Reporter:
    """Writes the report of one session."""

    def __init__(self, path):
        self._stream = open(path, "a", encoding="utf-8")
        self._unfinished = {}

    def pytest_runtest_logstart(self, nodeid):
        """Tells that a test begins: one that hangs or ends the process is known by it."""
        self._tell({"id": nodeid, "outcome": "unfinished", "seconds": 0.0, "message": ""})

    def pytest_runtest_logreport(self, report):
        """Notes one phase of a test, and tells the test with its last one."""
        entry = self._unfinished.setdefault(
            report.nodeid, {"id": report.nodeid, "outcome": None, "seconds": 0.0, "message": ""}
        )
        entry["seconds"] += getattr(report, "duration", 0.0)
        outcome = outcome_of(report)
        if outcome is not None and (entry["outcome"] is None or RANKS[outcome] > RANKS[entry["outcome"]]):
            entry["outcome"] = outcome
            entry["message"] = message_of(report)
        if report.when == "teardown":
            self._tell(self._unfinished.pop(report.nodeid))

    def pytest_collectreport(self, report):
        """Tells a file that could not be collected as one erroneous test."""
        if report.failed:
            self._tell({"id": report.nodeid, "outcome": "error", "seconds": 0.0, "message": message_of(report)})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self):
        """Tells tests that were cut short, as by `--exitfirst` or an interrupt."""
        for entry in self._unfinished.values():
            self._tell(entry)
        self._unfinished.clear()

    def _tell(self, entry):
        if entry["outcome"] is not None:
            self._stream.write(json.dumps(entry) + "\n")
            self._stream.flush()


def outcome_of(report):
    """The outcome that one phase means for its test; None where it means nothing."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed" if report.passed else "failed"
    if report.failed:
        return "failed" if report.when == "call" else "error"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else None


def message_of(report):
    """The first line that says what went wrong."""
    text = getattr(getattr(report.longrepr, "reprcrash", None), "message", None)
    if text is None and isinstance(report.longrepr, tuple):
        text = report.longrepr[-1]
    if text is None:
        text = str(report.longrepr or "")
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0][:500] if lines else ""
