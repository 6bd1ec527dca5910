"""What the figures' scripts share: reading a data folder after a run, and writing a section of docs/figures.md."""

import datetime
import json
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


# Another build may be measured by naming it in WHET.
WHET = os.environ.get("WHET", str(ROOT / "target/release/whet"))


def whet(arguments, data):
    """Runs whet to its end; answers (document, seconds)."""
    command = [WHET, *map(str, arguments), "--data-dir", str(data), "--format", "json"]
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - began
    if done.returncode not in (0, 3):
        sys.exit("%s ended with status %d" % (" ".join(command), done.returncode))
    return json.loads(done.stdout), seconds


def stages(data, run):
    """Seconds by stage."""
    query = "SELECT stage, seconds FROM stage WHERE run = ? ORDER BY position"
    return dict(_rows(data, "repository", query, run))


def copy(source, folder):
    """Copies a repository, as a repository of its own: the folder lies where another ignores everything."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def runs(data):
    """The ids of all runs."""
    return {run for (run,) in _rows(data, "repository", "SELECT id FROM run")}


def jobs(data, run):
    """The run's jobs that have succeeded: key, kind, begin and end as seconds of the clock, CPU seconds, and the runner's result."""
    query = "SELECT key, kind, ended_at, queued_s, resources FROM job WHERE state = 'succeeded' AND run = ?"
    found = []
    for key, kind, ended_at, queued, resources in _rows(data, "jobs", query, run):
        fields = _message(resources)
        end = datetime.datetime.fromisoformat(ended_at.replace("Z", "+00:00")).timestamp()
        wall = fields.get(1, 0.0)
        found.append({"key": key.split("/", 1)[1], "kind": kind, "begin": end - wall, "end": end, "queued": queued,
                      "cpu": fields.get(2, 0.0), "result": _result(data, key)})
    return sorted(found, key=lambda job: job["begin"])


def _result(data, key):
    query = "SELECT digest FROM job_output WHERE key = ? AND name = 'result.json'"
    for (digest,) in _rows(data, "jobs", query, key):
        path = pathlib.Path(data) / "artifacts" / "blobs" / digest[:2] / digest
        result = json.loads(path.read_bytes())
        return result.get("result", result)
    return {}


def _rows(data, name, query, *values):
    folder = pathlib.Path(data)
    path = next((path for path in (folder / "store" / (name + ".sqlite"), folder / (name + ".sqlite")) if path.exists()), None)
    if path is None:
        return []
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as store:
        return store.execute(query, values).fetchall()


def _message(data):
    """Doubles and numbers of an encoded message by field."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        if tag & 7 == 1:
            fields[tag >> 3] = struct.unpack_from("<d", data, at)[0]
            at += 8
        else:
            fields[tag >> 3] = number()
    return fields


def write_section(name, title, lines):
    """Puts a section into docs/figures.md, in place of the one with that name."""
    path = ROOT / "docs/figures.md"
    text = path.read_text() if path.exists() else "# Figures\n\nRatios and counts, each with the command that makes it. `make figures` makes all of them.\n"
    begin, end = "<!-- begin %s -->" % name, "<!-- end %s -->" % name
    section = "\n".join([begin, "## " + title, "", *lines, end])
    if begin in text:
        before, rest = text.split(begin, 1)
        text = before + section + rest.split(end, 1)[1]
    else:
        text = text.rstrip("\n") + "\n\n" + section + "\n"
    path.write_text(text)
    print("\n".join(lines))
