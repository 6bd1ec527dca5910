"""Injects slowness into packages, lets `whet optimize --rules-only` loose on them, and writes a table.

    python evaluate.py --whet PATH --work FOLDER [--seed 1] [--count 5] [--max-time 15m] [PACKAGE ...]

An injection is *found* if its function became a target, *fixed* if a candidate takes an injected line away,
and *verified* if an accepted one does. Whatever is done already in FOLDER is kept and not done again.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = json.loads((HERE / "packages.json").read_text())


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def fetched(package, work):
    """The unpacked source distribution."""
    sdists = work / "sdists"
    version = PACKAGES[package]["version"]
    alike = package.lower().replace("-", "_")

    def found():
        names = sdists.glob("*.tar.gz")
        return next((path for path in names if path.name.lower().replace("-", "_").startswith(f"{alike}_{version}")), None)

    if found() is None:
        run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", sdists, f"{package}=={version}")
    unpacked = work / "unpacked" / package
    if not unpacked.exists():
        with tarfile.open(found()) as archive:
            archive.extractall(work / "unpacking")
        (folder,) = (work / "unpacking").iterdir()
        unpacked.parent.mkdir(exist_ok=True)
        shutil.move(folder, unpacked)
    return unpacked


def interpreter(work):
    """A Python with every package's dependencies, pytest and Hypothesis; the packages themselves come from their trees."""
    folder = work / "environment"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = [f"{name}=={settings['version']}" for name, settings in PACKAGES.items()]
        run(python, "-m", "pip", "install", "-q", "pytest", "hypothesis", "freezegun", "numpy", "pyyaml", *wanted)
        (folder / "ready").touch()
    return python


def injected(package, given):
    tree = given.work / "injected" / package
    notes = tree.with_suffix(".json")
    if not notes.exists():
        source = fetched(package, given.work)
        print(f"{package}: injecting", flush=True)
        tree.parent.mkdir(exist_ok=True)
        run(interpreter(given.work), HERE / "inject.py", package, source, tree, "--seed", given.seed, "--count", given.count)
    return tree, json.loads(notes.read_text())


def optimized(package, tree, given):
    """The run's document."""
    document = given.work / "runs" / f"{package}.json"
    if not document.exists():
        print(f"{package}: whet optimize", flush=True)
        document.parent.mkdir(exist_ok=True)
        command = [
            given.whet, "optimize", tree, "--command", "python injected_workload.py", "--rules-only", "--format", "json", "--quiet",
            "--seed", str(given.seed), "--max-time", given.max_time, "--data-dir", given.work / "data",
        ]
        with open(document.with_suffix(".part"), "w") as out, open(document.with_suffix(".log"), "w") as log:
            subprocess.run([str(part) for part in command], stdout=out, stderr=log)
        os.replace(document.with_suffix(".part"), document)
    text = document.read_text()
    return json.loads(text) if text.strip() else {"targets": []}


def takes_away(candidate, lines):
    """Whether a candidate's diff removes one of the injected lines."""
    removed = {line[1:].strip() for line in candidate["diff"].splitlines() if line.startswith("-") and not line.startswith("---")}
    return any(line in removed for line in lines)


def judged(injection, document):
    """How far an injection came, with the best that is known of it."""
    target = next(
        (one for one in document["targets"] if one["file"] == injection["file"] and one["name"].split(":")[-1] == injection["function"]), None
    )
    if target is None:
        return "not a target", ""
    fixing = [one for one in target["candidates"] if takes_away(one, injection["lines"])]
    accepted = [one for one in fixing if one["verdict"] == "accepted"]
    if accepted:
        return "verified", f"{accepted[0]['effect']:.2f}x by {accepted[0]['origin']}"
    if fixing:
        best = max(fixing, key=lambda one: one["effect"] or 0)
        return "fixed", f"{best['verdict']}: {best['reason']}"
    return "found", ""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("packages", nargs="*", metavar="PACKAGE")
    options.add_argument("--whet", type=Path, required=True)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=5)
    options.add_argument("--max-time", default="15m")
    given = options.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    rows = []
    for package in given.packages or PACKAGES:
        tree, injections = injected(package, given)
        document = optimized(package, tree, given)
        rows.extend((package, one, *judged(one, document)) for one in injections)
        (given.work / "injected-slowness.md").write_text(table(rows))
    print(table(rows))


def table(rows):
    lines = ["| package | function | injection | share | slower | a rule covers it | came to | |", "|---|---|---|---|---|---|---|---|"]
    for package, one, state, note in rows:
        covers = ", ".join(one["undone_by"]) or "none"
        note = " ".join(note.split()).replace("|", "\\|")[:110]
        lines.append(
            f"| {package} | `{one['function']}` | {one['injection']} | {one['share']:.0%} | {one['slowdown']:.2f}x | {covers} | {state} | {note} |"
        )
    order = ["not a target", "found", "fixed", "verified"]
    lines += ["", "| | injected | found | fixed | verified |", "|---|---|---|---|---|"]
    for title, wanted in (("a rule covers it", True), ("no rule covers it", False)):
        reached = [order.index(state) for _, one, state, _ in rows if bool(one["undone_by"]) == wanted]
        counts = [sum(state >= level for state in reached) for level in (0, 1, 2, 3)]
        shares = [str(counts[0])] + [f"{count} ({count / max(counts[0], 1):.0%})" for count in counts[1:]]
        lines.append(f"| {title} | {' | '.join(shares)} |")
    return "\n".join(lines) + "\n"


main()
