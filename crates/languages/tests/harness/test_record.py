import json
import os
import subprocess
import sys
import unittest

from support import HARNESS, Project
from whet_harness import casefile
from whet_harness.budget import Budget

MODULE = """
class Shop:
    def __init__(self):
        self.sold = []

    def sell(self, thing, *more, price=1, **rest):
        if price < 0:
            raise ValueError(thing)
        self.sold.append(thing)
        return (thing, more, price, rest)


def total(values, start=0, scale=1):
    for value in values:
        start += value * scale
    return start


def steps(n):
    for number in range(n):
        yield number


def chained(values):
    yield 0
    got = yield from values
    return got


NO_PAD = "__no_pad__" + str(len(""))


def padded(values, pad=NO_PAD):
    return values if pad is NO_PAD else values + [pad]


def describe(x):
    return locals()
"""

RUN = """
import m
for n in range(400):
    m.total([1.5] * (n % 40))
    m.total(tuple(range(3)), scale=2)
shop = m.Shop()
for n in range(4):
    shop.sell("a", n, price=n, extra=1)
try:
    shop.sell("b", price=-1)
except ValueError:
    pass
assert m.describe(4) == {"x": 4}
list(m.steps(3))
m.padded([1])
"""

REPLAY = """
import json, struct, sys
sys.path.insert(0, {harness!r})
from whet_harness import replay, worker
made = worker.Worker(0, 1)
made.load(json.dumps(dict(target=dict(name={name!r}, file="m.py", line=1, end_line=1), tree={tree!r}, paths=[{tree!r}])).encode())
def sections(data):
    found, place = {{}}, 3
    while place < len(data):
        number, length = struct.unpack_from("<BI", data, place)
        found[number] = data[place + 5 : place + 5 + length]
        place += 5 + length
    return found
live, again = sections({outcome!r}), sections(made.answer(2, replay.pack([b"{{}}", {input!r}])))
print(json.dumps([number for number in live if number and live[number] != again.get(number)]))
"""


class Recording(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE, "run.py": RUN})
        self.addCleanup(self.project.close)

    def record(self, *names, command=("run.py",), **parameters):
        instrument = {"instrument": "record", "calls_per_target": 40, "bytes_per_target": 1 << 20, "overhead_limit": 3.0, "seed": 5}
        sites = [self.project.site(name, "m.py") for name in names]
        done = self.project.run(list(command), dict(instrument, **parameters), sites)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.project.outputs("failed"), [])
        reports = []
        for path in self.project.outputs("record-"):
            with open(path, encoding="utf-8") as file:
                reports.append(json.load(file))
        return [case for path in self.project.outputs("cases-") for case in casefile.read(path)], reports

    def test_types_sizes_and_callers_are_all_there_and_weights_count_every_call(self):
        cases, (report,) = self.record("m:total")
        self.assertLessEqual(len(cases), 40)
        self.assertEqual(report["targets"]["m:total"]["calls"], 800)
        self.assertAlmostEqual(sum(case.header["weight"] for case in cases), 800, delta=20)
        self.assertLessEqual({"(list[float])", "(tuple[int], scale=int)"}, {case.header["types"] for case in cases})
        self.assertEqual({case.header["caller"] for case in cases}, {"__main__:<module>:4", "__main__:<module>:5"})
        self.assertGreaterEqual(len({case.header["size"] for case in cases}), 6)
        self.assertEqual(sorted(case.header["position"] for case in cases), [case.header["position"] for case in cases])

    def test_calls_that_pass_are_neither_captured_nor_counted(self):
        cases, (report,) = self.record("m:total", passing=[700])
        self.assertEqual(report["targets"]["m:total"]["calls"], 100)
        self.assertGreaterEqual(min(case.header["position"] for case in cases), 700)
        self.assertAlmostEqual(sum(case.header["weight"] for case in cases), 100, delta=5)

    def test_who_lets_all_calls_pass_captures_none(self):
        cases, (report,) = self.record("m:total", passing=[5000])
        self.assertEqual((cases, report["targets"]["m:total"]["calls"]), ([], 0))

    def test_calls_of_one_object_stay_together_with_how_each_ends(self):
        cases, _ = self.record("m:Shop.sell")
        self.assertEqual([case.header["ends"] for case in cases], ["returns"] * 4 + ["ValueError"])
        self.assertEqual({case.header["sequence"] for case in cases}, {"Shop.sell@1"})
        self.assertEqual({case.header["mode"] for case in cases}, {"replay"})

    def test_a_generator_that_ran_to_its_end_is_replayed_and_others_are_not(self):
        source = "import m\nlist(m.steps(3))\nlist(m.chained([1, 2]))\nabandoned = m.steps(5)\nnext(abandoned)\ndel abandoned\n"
        with open(os.path.join(self.project.tree, "run.py"), "w", encoding="utf-8") as file:
            file.write(source)
        cases, _ = self.record("m:steps", "m:chained")
        modes = [(case.header["id"].partition("#")[0], case.header["mode"], case.header["ends"]) for case in cases]
        self.assertEqual(modes, [("steps", "replay", "returns"), ("steps", "rerun", "GeneratorExit"), ("chained", "replay", "returns")])
        for case in cases:
            if case.header["mode"] == "replay":
                self.assertEqual(self.replay(case), [])

    def test_what_a_call_takes_from_a_generator_is_given_to_its_replay_and_the_workload_goes_on_with_the_rest(self):
        source = """
        import collections.abc, itertools, types
        def paired(pairs, *more, last=()):
            assert isinstance(pairs, types.GeneratorType) and isinstance(pairs, collections.abc.Generator)
            return [first + second for first, second in pairs] + [list(one) for one in more] + list(last)
        def leading(count, values):
            return list(itertools.islice(values, count))
        def doubled(values):
            for value in values:
                value.append(1)
                yield value * 2
        def failing(values):
            return sum(values)
        def swapped(both, first, second):
            return next(first), next(second), next(second)
        def sent(values):
            next(values)
            return values.send(4)
        """
        run = """
        import m
        def numbers(until, ending=None):
            for n in range(until):
                yield n
            if ending:
                raise ending
        shared = [7]
        assert m.paired((([n], shared) for n in range(2)), numbers(2), last=numbers(1)) == [[0, 7], [1, 7], [0, 1], 0]
        rest = numbers(5)
        assert m.leading(2, rest) == [0, 1] and m.leading(1, rest) == [2] and list(rest) == [3, 4]
        assert list(m.doubled([n] for n in range(3))) == [[n, 1] * 2 for n in range(3)]
        half = m.doubled([n] for n in range(3))
        next(half)
        half.close()
        try:
            m.failing(numbers(2, KeyError("gone")))
        except KeyError:
            pass
        ones, twos = (n for n in [1]), (n for n in [2, 2])
        assert m.swapped((twos, ones), ones, twos) == (1, 2, 2)
        def answering():
            got = yield 1
            yield got
        assert m.sent(answering()) == 4
        """
        project = self.project = Project({"m.py": source, "run.py": run})
        self.addCleanup(project.close)
        names = ["m:paired", "m:leading", "m:doubled", "m:failing", "m:swapped", "m:sent"]
        cases, _ = self.record(*names)
        script = "import sys; sys.path[:0] = [%r, %r]\nfrom whet_harness import casefile, decode, transcripts\n" % (HARNESS, project.tree)
        script += "for path in sys.argv[1:]:\n for case in casefile.read(path):\n  specials = transcripts.Specials()\n"
        script += "  if case.input: decode.Decoder(case.input, specials).run(); print(case.header['id'], case.header['mode'], [(s.items, s.ending) for s in specials.found.values()])\n"
        told = subprocess.run([sys.executable, "-c", script, *project.outputs("cases-")], capture_output=True, text=True, check=False)
        self.assertEqual(told.stderr, "")
        self.assertEqual(
            told.stdout.splitlines(),
            [
                "paired#0 replay [([([0], [7]), ([1], [7])], None), ([0, 1], None), ([0], None)]",
                "leading#0 replay [([0, 1], None)]",
                "leading#1 replay [([2], None)]",
                "doubled#0 replay [([[0], [1], [2]], None)]",
                "doubled#1 replay [([[0]], None)]",
                "failing#0 replay [([0, 1], KeyError('gone'))]",
                "swapped#0 replay [([2, 2], None), ([1], None)]",
                "sent#0 opaque [([1], None)]",
            ],
        )
        self.assertEqual({case.header["opaque"] for case in cases}, {"", "a generator that is sent to"})

    def test_calls_of_what_a_decorator_compiled_anew_are_recorded(self):
        checking = """
        import ast, inspect, sys, types
        def typechecked(function):
            tree = ast.parse(inspect.getsource(sys.modules[function.__module__]))
            code = compile(tree, function.__code__.co_filename, "exec")
            for name in function.__qualname__.split("."):
                code = next(one for one in code.co_consts if isinstance(one, types.CodeType) and one.co_name == name)
            return types.FunctionType(code, function.__globals__, function.__name__)
        """
        source = """
        from __future__ import annotations
        from typeguard import typechecked
        class Engine:
            @typechecked
            def plural(self, word: str) -> str:
                return word + "s"
        """
        run = """
        import m
        assert [m.Engine().plural(word) for word in ("a", "b")] == ["as", "bs"]
        """
        self.project = Project({"typeguard.py": checking, "m.py": source, "run.py": run})
        self.addCleanup(self.project.close)
        cases, (report,) = self.record("m:Engine.plural")
        self.assertEqual([(case.header["mode"], case.header["ends"]) for case in cases], [("replay", "returns")] * 2)
        self.assertEqual(report["targets"]["m:Engine.plural"]["calls"], 2)

    def replay(self, case):
        """The sections in which a fresh process differs from the live outcome."""
        name = "m:" + case.header["id"].partition("#")[0]
        script = REPLAY.format(harness=HARNESS, tree=self.project.tree, name=name, input=case.input, outcome=case.outcome)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, cwd=self.project.tree, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_live_outcomes_are_those_of_a_fresh_process(self):
        cases, _ = self.record("m:total", "m:Shop.sell")
        for case in cases[:6] + cases[-5:]:
            self.assertEqual(self.replay(case), [], case.header)

    def test_a_default_that_is_asked_for_by_identity_is_the_same_object_in_a_replay(self):
        cases, _ = self.record("m:padded")
        self.assertEqual([case.header["types"] for case in cases], ["(list[int])"])
        self.assertEqual(self.replay(cases[0]), [])

    def test_a_function_that_shows_its_locals_shows_only_its_own(self):
        cases, _ = self.record("m:describe")
        self.assertEqual(len(cases), 1)

    def test_a_target_that_is_called_all_the_time_stays_within_the_limit(self):
        source = "import m, time\nend = time.perf_counter() + 1.0\nwhile time.perf_counter() < end:\n    m.total((1, 2, 3))\n"
        with open(os.path.join(self.project.tree, "run.py"), "w", encoding="utf-8") as file:
            file.write(source)
        _, (report,) = self.record("m:total", overhead_limit=1.3)
        self.assertLess(report["overhead"], 2.0)
        self.assertGreater(report["targets"]["m:total"]["calls"], 1000)

    def test_forked_children_write_files_of_their_own(self):
        source = "import m, multiprocessing\nmultiprocessing.set_start_method('fork')\nm.total([1])\np = multiprocessing.Process(target=m.total, args=((2,),))\np.start()\np.join()\n"
        with open(os.path.join(self.project.tree, "run.py"), "w", encoding="utf-8") as file:
            file.write(source)
        cases, reports = self.record("m:total")
        self.assertEqual(sorted(case.header["types"] for case in cases), ["(list[int])", "(tuple[int])"])
        self.assertEqual([report["targets"]["m:total"]["calls"] for report in reports], [1, 1])

    def test_threads_record_side_by_side(self):
        source = "import m, threading\nts = [threading.Thread(target=lambda: [m.total([n]) for n in range(200)]) for _ in range(4)]\n[t.start() for t in ts]\n[t.join() for t in ts]\n"
        with open(os.path.join(self.project.tree, "run.py"), "w", encoding="utf-8") as file:
            file.write(source)
        cases, (report,) = self.record("m:total")
        self.assertEqual(report["targets"]["m:total"]["calls"], 800)
        self.assertTrue(cases)


class Budgets(unittest.TestCase):
    def test_time_that_was_spent_has_to_be_earned_again(self):
        now = [0]
        budget = Budget(2.0, lambda: now[0])
        budget.spent = 100_000_000
        self.assertLess(budget.available(), 0)
        now[0] += int(budget.wait_for(0)) + 1
        self.assertGreaterEqual(budget.available(), -1)

    def test_the_overhead_is_the_whole_over_the_rest(self):
        now = [0]
        budget = Budget(2.0, lambda: now[0])
        now[0], budget.spent = 300, 100
        self.assertAlmostEqual(budget.overhead(), 1.5)


if __name__ == "__main__":
    unittest.main()
