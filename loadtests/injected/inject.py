"""Puts known inefficiencies into a package at hot places.

    python inject.py PACKAGE SOURCE OUT --seed 1 --count 5

SOURCE is the unpacked source distribution, with its dependencies and pytest importable; OUT becomes the
slower copy with its workload, and OUT.json says what was put where. Hot functions are chosen by a
profile of the workload; the seed decides which injection each gets. One is kept if the workload
prints the same, the function's CPU time grows by `LEAST_COST` and by `LEAST_SHARE` of the workload's,
the workload's own CPU time grows by `LEAST_SHARE` without the profiler too (which makes short calls
dearer than they are), and the package's tests end as before.
"""

import argparse
import ast
import cProfile
import json
import os
import pstats
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from injections import INJECTIONS
from places import Place, applied

HERE = Path(__file__).parent
LEAST_COST = 1.15
LEAST_SHARE = 0.05
HOT_SHARE = 0.05
ATTEMPTS = 16
WORKLOAD = "injected_workload.py"


class Package:
    """A tree of a package with its workload and tests."""

    def __init__(self, tree, settings):
        self.tree, self.settings = tree, settings
        self.root = tree / settings["root"]

    def run(self, *command):
        paths = os.pathsep.join(str(path) for path in dict.fromkeys((self.root.resolve(), self.tree.resolve())))
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
        return subprocess.run([sys.executable, *command], cwd=self.tree, env=environment, capture_output=True, text=True, timeout=1200)

    def profile(self, times):
        """What the workload prints, its CPU time, and own and cumulative time of its functions: the least of several runs."""
        least, printed = {}, None
        for _ in range(times):
            with tempfile.NamedTemporaryFile(suffix=".profile") as file:
                ran = self.run(str(HERE / "inject.py"), "--profile", WORKLOAD, file.name)
                if ran.returncode or printed not in (None, ran.stdout):
                    return None
                printed = ran.stdout
                for (name, line, function), (_, _, own, total, _) in pstats.Stats(file.name).stats.items():
                    if name == "~" or str(self.root.resolve()) not in name:
                        continue
                    place = (str(Path(name).relative_to(self.tree.resolve())), line)
                    before = least.get(place, (own, total))
                    least[place] = min(own, before[0]), min(total, before[1])
                everything = pstats.Stats(file.name).total_tt
                least["all"] = min(everything, least.get("all", everything))
        return printed, least

    def cpu(self):
        """The CPU time of the workload in a process of its own, without a profiler."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.run(WORKLOAD)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def slower_by(self, path, before, after, times=9):
        """By which share of its CPU time the workload grows with the text `after` at a path: the middle of pairs of runs."""
        ratios = []
        for _ in range(times):
            path.write_text(before, encoding="utf-8")
            plain = self.cpu()
            path.write_text(after, encoding="utf-8")
            ratios.append(self.cpu() / plain - 1)
        return statistics.median(ratios)

    def tests(self):
        """How the tests end: the lines of those that do not pass, and the last one without its time."""
        ran = self.run("-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *self.settings["tests"])
        lines = ran.stdout.splitlines()
        told = next((line for line in lines if line.startswith("E  ")), "") if ran.returncode else ""
        return ran.returncode, (lines[-1].split(" in ")[0] if lines else ran.stderr[-300:]) + told


def functions(source):
    """Functions of a module with their qualified names."""

    def visit(node, names):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.ClassDef)):
                if isinstance(child, ast.FunctionDef):
                    yield ".".join([*names, child.name]), child
                if isinstance(child, ast.ClassDef):
                    yield from visit(child, [*names, child.name])
            else:
                yield from visit(child, names)

    return list(visit(ast.parse(source), []))


def first_line(function):
    return min([function.lineno, *(node.lineno for node in function.decorator_list)])


def hot(package, profile):
    """Hot functions as (share, file, qualified name), hottest first: by own time and what it calls."""
    found = []
    by_file = {}
    for place in profile:
        if place != "all":
            by_file.setdefault(place[0], set()).add(place[1])
    for file, lines in by_file.items():
        source = (package.tree / file).read_text(encoding="utf-8")
        for name, function in functions(source):
            if first_line(function) in lines:
                own, total = profile[(file, first_line(function))]
                if total / profile["all"] >= HOT_SHARE:
                    found.append((own / profile["all"], file, name))
    return sorted(found, reverse=True)


def find(source, name):
    return next(function for known, function in functions(source) if known == name)


def attempts(source, name, draw, used):
    """Injections that apply to a function, in an order that the seed decides; kinds used less often come first."""
    found = []
    for one in INJECTIONS:
        try:
            changes = list(one(Place(source, find(source, name))))
        except (RecursionError, ValueError):
            continue
        # What no rule covers fits almost everywhere: most of it stands back, so that the rest is tried too.
        stands_back = 3 * (not one.undone_by and draw.random() < 0.8)
        order = used.get(one.title, 0) + stands_back
        chosen = ([merged(changes)] if len(changes) > 1 else []) + draw.sample(changes, min(2, len(changes)))
        found.extend((order, draw.random(), one, applied(source, edits)) for edits in chosen)
    return [(one, text) for _, _, one, text in sorted(found, key=lambda item: item[:2])]


def merged(changes):
    """The edits of all changes that do not stand in each other's way: code that is slow in one place mostly is in all."""
    edits = []
    for edit in (edit for change in changes for edit in change):
        is_known = any((edit.start, edit.end, edit.text) == (other.start, other.end, other.text) for other in edits)
        if not is_known and all(edit.end <= other.start or other.end <= edit.start for other in edits):
            edits.append(edit)
    return edits


def changed_lines(before, after):
    """Lines that only the changed text has, stripped."""
    import difflib

    differences = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line[1:].strip() for line in differences if line.startswith("+") and not line.startswith("+++") and line[1:].strip()]


def inject(package, seed, count, limit):
    draw, kept, used = random.Random(seed), [], {}
    expected, plain = package.profile(3)
    tests = package.tests()
    if tests[0]:
        raise SystemExit(f"the tests fail before anything was changed: {tests[1]}")
    say(f"tests: {tests[1]}; workload {package.cpu():.2f} s, {plain['all']:.2f} s under the profiler")
    deadline = time.monotonic() + limit
    for share, file, name in hot(package, plain)[: count * 5]:
        if len(kept) == count or time.monotonic() > deadline:
            break
        path = package.tree / file
        source = path.read_text(encoding="utf-8")
        for one, text in attempts(source, name, draw, used)[:ATTEMPTS]:
            cost = tried(package, path, source, text, name, expected, plain)
            if cost and package.slower_by(path, source, text) >= LEAST_SHARE and package.tests() == tests:
                used[one.title] = used.get(one.title, 0) + 1
                lines = changed_lines(source, text)
                kept.append({
                    "injection": one.title, "undone_by": one.undone_by, "file": file, "function": name, "share": round(share, 3),
                    "slowdown": round(cost, 2), "lines": lines,
                })
                say(f"{file}:{name}: {one.title}, {cost:.2f}x slower")
                break
            path.write_text(source, encoding="utf-8")
    return kept


def tried(package, path, source, text, name, expected, plain):
    """How many times slower the function became, if that is enough and the workload prints the same; else nothing."""
    try:
        compile(text, str(path), "exec")
    except SyntaxError:
        return None
    path.write_text(text, encoding="utf-8")
    file = str(path.relative_to(package.tree))
    before, after = plain[(file, first_line(find(source, name)))][1], None
    for _ in range(2):
        ran = package.profile(1)
        if ran is None or ran[0] != expected:
            return None
        seen = ran[1].get((file, first_line(find(text, name))), (0, 0))[1]
        after = seen if after is None else min(after, seen)
        if after < LEAST_COST * before or after - before < LEAST_SHARE * plain["all"]:
            return None
    return after / before


def say(text):
    print(text, flush=True)


def profile_workload(workload, file):
    """Runs a workload under cProfile by CPU time, which other processes disturb less."""
    profiler = cProfile.Profile(time.process_time)
    code = compile(Path(workload).read_text(encoding="utf-8"), workload, "exec")
    sys.path[0] = os.getcwd()
    sys.argv = [workload]
    try:
        profiler.runctx(code, {"__name__": "__main__", "__file__": workload}, None)
    finally:
        profiler.dump_stats(file)


def main():
    if sys.argv[1:2] == ["--profile"]:
        return profile_workload(*sys.argv[2:4])
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("package")
    options.add_argument("source", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=5)
    options.add_argument("--limit", type=float, default=1800, help="seconds after which no further function is tried")
    given = options.parse_args()
    settings = json.loads((HERE / "packages.json").read_text())[given.package]
    shutil.rmtree(given.out, ignore_errors=True)
    shutil.copytree(given.source, given.out)
    shutil.copy(HERE / "workloads" / settings["workload"], given.out / WORKLOAD)
    kept = inject(Package(given.out, settings), given.seed, given.count, given.limit)
    given.out.with_suffix(".json").write_text(json.dumps(kept, indent=1) + "\n")


main()
