"""Writes a regression test and a benchmark for each target, and keeps what passes on the code as it is.

Run as a program with the path of a request (JSON): `tree`, `out` (where the answer goes), `folder` (for tests,
relative to the tree), `calls` (most that a test shows), `targets`: each `target` (core's TargetSite) with
`cases`, paths of case files. Expected results are taken from calls made here and now.
"""

import json
import os
import re
import subprocess
import sys

from . import casefile, literals, replay
from .bootstrap import Site
from .inputs import Input
from .literals import NoLiteral

_ITERATORS = ("generator", "map", "filter", "zip", "chain", "islice", "list_iterator", "enumerate", "reversed")
# Tests have to pass under more than one order of sets.
_HASH_SEEDS = ("0", "7")


class Refused(Exception):
    """Why there is no test for a target."""


class Call:
    """One call as a test shows it."""

    def __init__(self, arguments, options, is_recorded=True):
        self.arguments = arguments
        self.options = options
        self.is_recorded = is_recorded
        self.expected = None
        self.raises = None
        self.message = None
        self.after = None

    def row(self):
        """The call's row in its test's table."""
        parts = [self.arguments, self.options]
        if self.raises is not None:
            parts += [self.raises, literals._quoted(self.message)]
        else:
            parts.append(self.expected)
            if self.after is not None:
                parts.append(self.after)
        return "(%s)" % ", ".join(parts)


class Subject:
    """How a target is reached from a test."""

    def __init__(self, site):
        self.site = site
        self.module = site.module
        if "<locals>" in site.qualname:
            raise Refused("it is defined inside another function and can't be named")
        self.function = replay.find_function(site.module, site.qualname)
        if self.function is None:
            raise Refused("it is not found under its name")
        self.owner, _, self.name = site.qualname.rpartition(".")
        top = site.qualname.partition(".")[0]
        self.top = top
        self.importable = top.isidentifier()
        descriptor = self._descriptor()
        self.is_property = isinstance(descriptor, property)
        self.kind = "function" if not self.owner else "static" if isinstance(descriptor, staticmethod) else "method"
        if isinstance(descriptor, classmethod):
            self.kind = "class"

    def _descriptor(self):
        if not self.owner:
            return None
        holder = sys.modules[self.module]
        for part in self.owner.split("."):
            holder = getattr(holder, part)
        return vars(holder).get(self.name)

    def expression(self, lazily):
        """The call with `arguments` and `options` in scope."""
        if self.kind == "method":
            reached = "arguments[0].%s" % self.name
            called = reached if self.is_property else reached + "(*arguments[1:], **options)"
        else:
            path = self.site.qualname
            called = "%s(*arguments%s, **options)" % (path, "[1:]" if self.kind == "class" else "")
        return "list(%s)" % called if lazily else called

    def stem(self):
        """The test file's name without folder and ending."""
        words = [self.module.rpartition(".")[2], self.site.qualname]
        return re.sub(r"\W+", "_", "_".join(words)).strip("_").lower()


HELPER = '''
def made(cls, **attributes):
    """An instance with these attributes, as a recorded call had it; no constructor runs."""
    instance = object.__new__(cls)
    instance.__dict__.update(attributes)
    return instance
'''

STREAM = '''
def stream(items):
    """A generator, as a recorded call was given."""
    yield from items
'''

SAME = '''
def same(left, right):
    """Equality that looks into instances: these classes define none."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return same(vars(left), vars(right)) if hasattr(left, "__dict__") else left == right
'''


class Emitter:
    """Chooses a target's calls and writes its files."""

    def __init__(self, subject, cases, most):
        self.subject = subject
        self.writer = literals.Writer()
        self.lazily = False
        self.most = most
        self.calls = []
        self.refused = {}
        rows = set()
        for case in _chosen(cases):
            if len(self.calls) >= most:
                break
            try:
                call = self._call(case)
                if call.row() not in rows:
                    rows.add(call.row())
                    self.calls.append(call)
            except NoLiteral as error:
                self.refused[str(error)] = self.refused.get(str(error), 0) + 1
            except Exception as error:
                self.refused[type(error).__name__] = self.refused.get(type(error).__name__, 0) + 1
        if not self.calls:
            reasons = sorted(self.refused, key=self.refused.get, reverse=True)[:2]
            raise Refused("no call can be written down as expressions: " + "; ".join(reasons) if reasons else "it has no cases")

    def _call(self, case):
        made = Input(case.input)
        for stream in made.specials.found.values():
            if stream.content()[0] == "stream" and stream.ending is None:
                self.writer.know(stream.value, stream.items)
        args = "(%s%s)" % (", ".join(self.writer.write(value) for value in made.args), "," if len(made.args) == 1 else "")
        call = Call(args, self.writer.write(made.kwargs), case.header["origin"] == "recorded")
        # What the expressions build is what the test will call with.
        space = self.namespace()
        space["arguments"], space["options"] = eval(args, space), eval(call.options, space)
        for recorded, built in zip(made.args, space["arguments"]):
            if id(recorded) in self.writer.streams:
                self.writer.know(built, self.writer.streams[id(recorded)][1])
        self._run(call, space)
        if len(call.row()) > literals.MOST_CHARACTERS * 2:
            raise NoLiteral("longer than a reader would want")
        return call

    def namespace(self):
        space = {"__name__": "whetstone_test"}
        exec(HELPER, space)
        exec(STREAM, space)
        exec(self._imports(), space)
        return space

    def _run(self, call, space):
        expression = self.subject.expression(False)
        try:
            result = eval(expression, space)
            if type(result).__name__ in _ITERATORS:
                self.lazily = True
            if self.lazily:
                result = list(result)
        except Exception as error:
            call.raises, call.message = self.writer.write(type(error)), str(error)
            if len(call.message) > 160 or " at 0x" in call.message:
                raise NoLiteral("a message that may change") from None
            return
        call.expected = self.writer.write(result)
        again = self.namespace()
        exec(SAME, again)
        if "nan" in call.expected or not again["same"](eval(call.expected, again), result):
            raise NoLiteral("a result that no expression equals")
        after = self.writer.write(tuple(space["arguments"]))
        if after != call.arguments:
            call.after = after

    def _imports(self, rows=None):
        """The imports that rows need; without rows all that any call has needed."""
        used = [module for module in sorted(self.writer.imports) if rows is None or any(module + "." in row for row in rows)]
        lines = ["import %s" % module for module in used]
        lines.append("from %s import %s" % (self.subject.module, self.subject.top))
        return "\n".join(lines)

    # Text.

    def regression(self, without=frozenset()):
        """The regression test's text; `without` numbers calls that are left out."""
        calls = [call for number, call in enumerate(self.calls) if number not in without]
        returning = [call for call in calls if call.raises is None and call.after is None]
        changing = [call for call in calls if call.after is not None]
        raising = [call for call in calls if call.raises is not None]
        self.order = [[self.calls.index(call) for call in group] for group in (returning, changing, raising)]
        name, call = self._test_name(), self.subject.expression(self.lazily)
        generated = [call for call in calls if not call.is_recorded]
        source = "calls of this project, and edge cases near them" if generated else "calls of this project"
        if len(generated) == len(calls):
            source = "edge cases near this project's calls"
        told = '"""How %s behaves: %s.\n\nWritten by Whetstone; every call was checked on the code before it was changed.\n"""'
        parts = [told % (self.subject.site.name, source)]
        rows = [call.row() for call in calls]
        parts.append("\nimport pytest\n\n%s" % self._imports(rows))
        if any("made(" in row for row in rows):
            parts.append("\n" + HELPER.rstrip())
        if any("stream(" in row for row in rows):
            parts.append("\n" + STREAM.rstrip())
        deeply = any("made(" in part for one in calls for part in (one.expected or "", one.after or ""))
        if deeply:
            parts.append("\n" + SAME.rstrip())
        check_result = "    assert same(result, expected)" if deeply else "    assert result == expected"
        if returning:
            body = ["    result = " + call, "    assert type(result) is type(expected)", check_result]
            parts.append(_test("test_%s_returns" % name, ["arguments", "options", "expected"], returning, body))
        if changing:
            body = ["    result = " + call, check_result, "    assert %s" % ("same(arguments, after)" if deeply else "arguments == after")]
            parts.append(_test("test_%s_changes_its_arguments" % name, ["arguments", "options", "expected", "after"], changing, body))
        if raising:
            body = ["    with pytest.raises(exception) as raised:", "        " + call, "    assert type(raised.value) is exception", "    assert str(raised.value) == message"]
            parts.append(_test("test_%s_raises" % name, ["arguments", "options", "exception", "message"], raising, body))
        return "\n".join(parts) + "\n"

    def benchmark(self):
        """The benchmark's text; empty if every recorded call raises or is longer than a reader would want."""
        calls = [call for call in self.calls if call.raises is None and call.is_recorded]
        if not calls:
            return ""
        rows = ["    (%s, %s),\n" % (call.arguments, call.options) for call in calls]
        changes = any(call.after is not None for call in calls)
        lines = ['"""How long %s takes for the calls that this project makes. Written by Whetstone."""\n' % self.subject.site.name]
        used_up = any("stream(" in row for row in rows)
        lines += ["import copy\n"] if changes and not used_up else []
        lines += ["import pytest\n", self._imports(rows), "\npytest.importorskip(\"pytest_benchmark\")\n"]
        if any("made(" in row for row in rows):
            lines.append(HELPER.strip("\n") + "\n")
        if used_up:
            lines.append("\n" + STREAM.strip("\n") + "\n")
            lines.append("\ndef calls():\n    return [\n%s    ]\n\n" % "".join("    " + row for row in rows))
        else:
            lines.append("CALLS = [\n%s]\n\n" % "".join(rows))
        lines.append("def run(calls):\n    for arguments, options in calls:\n        %s\n\n" % self.subject.expression(self.lazily))
        lines.append("def test_%s_takes(benchmark):" % self._test_name())
        if used_up:
            lines.append("    benchmark.pedantic(run, setup=lambda: ((calls(),), {}), rounds=50)")
        elif changes:
            lines.append("    benchmark.pedantic(run, setup=lambda: ((copy.deepcopy(CALLS),), {}), rounds=50)")
        else:
            lines.append("    benchmark(run, CALLS)")
        return "\n".join(lines) + "\n"

    def _test_name(self):
        return re.sub(r"\W+", "_", self.subject.site.qualname).strip("_").lower()


def _test(name, names, calls, body):
    rows = "".join("        %s,\n" % call.row() for call in calls)
    signature = ", ".join(names)
    head = "\n\n@pytest.mark.parametrize(\n    (%s),\n    [\n%s    ],\n)\ndef %s(%s):\n" % (
        ", ".join('"%s"' % one for one in names),
        rows,
        name,
        signature,
    )
    return head + "\n".join(body)


def _chosen(cases):
    """Cases in turn from each kind of call, recorded ones and short ones first."""
    groups = {}
    for case in cases:
        if case.header["mode"] == "replay" and len(case.input) < 20_000:
            key = (case.header["types"], case.header["ends"])
            groups.setdefault(key, []).append(case)
    for members in groups.values():
        members.sort(key=lambda case: (case.header["origin"] != "recorded", len(case.input), case.input))
    order = sorted(groups, key=lambda key: (groups[key][0].header["origin"] != "recorded", -sum(case.header["weight"] for case in groups[key]), key))
    turn = 0
    while any(len(groups[key]) > turn for key in order):
        for key in order:
            if len(groups[key]) > turn:
                yield groups[key][turn]
        turn += 1


# pytest and its benchmark plugin: the environment's own, else those of the tools. A benchmark is run once, not timed. A plugin
# that the tools alone bring is left out: Hypothesis' takes longer to load than the tests to run.
_TOOLS = os.environ.get("WHET_TOOLS", "/whet/tools")
_PYTEST = """
import importlib.util, sys
more = [] if importlib.util.find_spec("hypothesis") else ["-p", "no:hypothesispytest"]
sys.path.append(%r)
import pytest
more += ["--benchmark-disable"] if importlib.util.find_spec("pytest_benchmark") else []
sys.exit(pytest.main(sys.argv[1:] + more))
""" % _TOOLS
_FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s:]+)(?:::test_\w+_(returns|changes_its_arguments|raises)\[\D*(\d+))?", re.M)
_GROUPS = {"returns": 0, "changes_its_arguments": 1, "raises": 2}


def check(tree, files, seeds=_HASH_SEEDS):
    """Runs test files (paths with their texts) in the tree under each hash seed, side by side; answers those that fail:
    paths, each with the groups and numbers of the rows that failed, which is empty if the file as a whole did."""
    for path, text in files.items():
        whole = os.path.join(tree, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTEST_PLUGINS", "PYTEST_ADDOPTS")}
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    roots = environment.get("PYTHONPATH", "").split(os.pathsep)
    environment["PYTHONPATH"] = os.pathsep.join(root for root in roots if os.path.abspath(root) != here)
    failed, running, is_broken = {}, [], False
    try:
        for seed in seeds if files else ():
            command = [sys.executable, "-c", _PYTEST, "-q", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", *files]
            running.append(subprocess.Popen(command, cwd=tree, env=dict(environment, PYTHONHASHSEED=seed), stdout=subprocess.PIPE,
                                            stderr=subprocess.DEVNULL, text=True))
        for process in running:
            printed = process.communicate(timeout=60)[0]
            found = [(path, name, group, number) for name, group, number in _FAILED.findall(printed) for path in files if os.path.basename(path) == os.path.basename(name)]
            for path, _, group, number in found:
                failed.setdefault(path, set()).update([(_GROUPS[group], int(number))] if group else ())
            is_broken = is_broken or process.returncode not in (0, 1, 5) or (process.returncode == 1 and not found)
    except (OSError, subprocess.SubprocessError):
        is_broken = True
    finally:
        for process in running:
            process.kill()
            process.wait()
        for path in files:
            os.remove(os.path.join(tree, path))
    if is_broken and len(files) > 1:
        # One of them ends the whole: each by itself.
        return {path: rows for one, text in files.items() for path, rows in check(tree, {one: text}, seeds).items()}
    return {path: set() for path in files} if is_broken else failed


def emit(request):
    """The answer for each target of the request: its files, or why there are none."""
    told, emitters, taken = [], {}, set()
    for entry in request["targets"]:
        answer = {"name": entry["target"]["name"], "files": [], "reason": ""}
        told.append(answer)
        try:
            site = Site(entry["target"])
            __import__(site.module)
            cases = [case for path in entry["cases"] for case in casefile.read(path)]
            emitter = Emitter(Subject(site), cases, request["calls"])
            emitters[_free(request, "test_%s_regression.py" % emitter.subject.stem(), taken)] = (emitter, answer)
        except Refused as refused:
            answer["reason"] = str(refused)
        except Exception as error:
            answer["reason"] = "%s: %s" % (type(error).__name__, error)
    texts = {path: emitter.regression() for path, (emitter, _) in emitters.items()}
    benchmarks = {path: _free(request, "test_%s_benchmark.py" % emitter.subject.stem(), taken) for path, (emitter, _) in emitters.items()}
    # Together, for starting pytest takes longer than what it runs.
    first = {benchmarks[path]: emitter.benchmark() for path, (emitter, _) in emitters.items()}
    corrected, failing = {}, check(request["tree"], {**texts, **{path: text for path, text in first.items() if text}})
    passed = {path: text for path, text in first.items() if text and path not in failing}
    for path, rows in failing.items():
        if path in first:
            continue
        emitter = emitters[path][0]
        without = {emitter.order[group][number] for group, number in rows}
        corrected[path] = emitter.regression(frozenset(without)) if without else ""
        emitter.calls = [call for number, call in enumerate(emitter.calls) if number not in without]
    texts.update(corrected)
    failing = check(request["tree"], {path: text for path, text in corrected.items() if text and emitters[path][0].calls})
    for path, (emitter, answer) in emitters.items():
        if path in failing or not texts[path] or not emitter.calls:
            answer["reason"] = "its test does not pass on the code as it is"
        else:
            answer["files"].append({"path": path, "content": texts[path]})
    kept = {benchmarks[path]: pair for path, pair in emitters.items() if pair[1]["files"]}
    _emit_benchmarks(request, kept, passed)
    return told


def _emit_benchmarks(request, emitters, passed):
    """Adds the benchmarks that run, of which some have `passed`: they repeat calls of the tests and assert nothing of their own."""
    texts = {path: text for path, (emitter, _) in emitters.items() for text in [emitter.benchmark()] if text}
    failing = check(request["tree"], {path: text for path, text in texts.items() if passed.get(path) != text}, _HASH_SEEDS[:1])
    for path, text in texts.items():
        if path not in failing:
            emitters[path][1]["files"].append({"path": path, "content": text})


def _free(request, name, taken):
    """A path in the test folder that no file of the repository, and none of those `taken`, has."""
    path = "%s/%s" % (request["folder"].strip("/"), name)
    while path in taken or os.path.exists(os.path.join(request["tree"], path)):
        path = path[:-3] + "_2.py"
    taken.add(path)
    return path


def main(arguments):
    """Emits for every target of the request."""
    with open(arguments[0], encoding="utf-8") as file:
        request = json.load(file)
    answer = emit(request)
    with open(request["out"], "w", encoding="utf-8") as file:
        json.dump({"targets": answer}, file)


if __name__ == "__main__":
    main(sys.argv[1:])
