import json
import sys
import unittest

from support import Project
from whet_harness import counts, outcomes

MODULE = """
import asyncio

COUNT = 0


def pick(items, key=None, *rest, flag=True):
    "Doc."
    global COUNT
    COUNT += 1
    if not items:
        return None
    found = []
    for item in items:
        if item < 0 and flag:
            continue
        try:
            found.append(int(item))
        except ValueError:
            break
    text = "x".join(str(f) for f in found if f)
    return text.strip()


def same(xs):
    return xs


class Counter:
    def __init__(self):
        self.n = 0

    def up(self, by):
        while by:
            self.n += 1
            by -= 1
        return super().__repr__()


def numbers(n):
    try:
        for i in range(n):
            got = yield i
    finally:
        n = 0


async def later(x):
    await asyncio.sleep(0)
    return [y async for y in ticks(x)]


async def ticks(x):
    for i in range(x):
        yield i


def fails(x):
    raise KeyError(x)


def unused():
    return 1
"""

RUN = """
import asyncio, m
for n in range(300):
    assert m.pick([3, -1, 0, 4] * (n % 3)) == ("3x4x3x4" if n % 3 == 2 else "3x4" if n % 3 else None)
    box = [n]
    assert m.same(box) is box
c = m.Counter()
for n in range(40):
    assert c.up(2).startswith("<m.Counter")
assert c.n == 80
assert sum(m.numbers(10)) == 45 and [list(m.numbers(2)) for _ in range(9)][-1] == [0, 1]
assert asyncio.run(m.later(3)) == [0, 1, 2]
for n in range(30):
    try:
        m.fails(1)
    except KeyError as error:
        assert error.args == (1,)
assert m.COUNT == 300
assert m.pick.__doc__ == "Doc."
"""

NAMES = ["pick", "same", "Counter.up", "numbers", "later", "fails", "unused"]


class Outcomes(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE, "run.py": RUN})
        self.addCleanup(self.project.close)
        sites = [self.project.site("m:" + name, "m.py") for name in NAMES]
        done = self.project.run(["-W", "error", "run.py"], {"instrument": "outcomes", "one_in": 4, "seed": 1}, sites)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.project.outputs("failed"), [])
        with open(self.project.outputs("outcomes")[0], encoding="utf-8") as file:
            self.targets = json.load(file)["targets"]

    def at(self, name, text, what):
        """What was seen at the place of `text`."""
        lines = MODULE.splitlines()
        row = next(row for row, line in enumerate(lines) if text in line)
        column = lines[row].index(text)
        for position in self.targets[name]["observations"]["positions"]:
            if (position["line"], position["column"], position["what"]["what"]) == (row + 1, column, what):
                return position["what"], position
        self.fail("nothing was seen at %r" % text)

    def test_every_call_is_counted_and_some_are_observed(self):
        seen = self.targets["m:pick"]["observations"]
        self.assertEqual(seen["calls"], 300)
        self.assertTrue(24 <= seen["sampled"] < 200, seen["sampled"])
        self.assertEqual([parameter["name"] for parameter in seen["parameters"]], ["items", "key", "flag", "rest"])
        items = seen["parameters"][0]
        self.assertEqual(items["values"]["types"], [["builtins.list", seen["sampled"]]])
        self.assertFalse(items["hashable"])
        self.assertTrue(items["values"]["empty"] > 0)
        self.assertEqual(items["values"]["size_max"], 8)
        self.assertEqual(seen["distinct_arguments"], 3)
        self.assertTrue(seen["callers"][0][0].startswith("__main__:<module>:"), seen["callers"])
        self.assertNotIn("m:unused", self.targets)

    def test_branches_loops_calls_and_operands_are_seen_at_their_place(self):
        branch, position = self.at("m:pick", "not items", "branch")
        self.assertTrue(branch["taken"] > 0 and branch["not_taken"] > 0)
        self.assertEqual(position["end_column"], position["column"] + len("not items"))
        loop, _ = self.at("m:pick", "for item in items", "loop")
        self.assertEqual((loop["most"], loop["broke"]), (8, 0))
        call, _ = self.at("m:pick", "text.strip()", "call")
        self.assertEqual(call["returns_argument"], call["count"])
        value, _ = self.at("m:pick", "item < 0", "value")
        self.assertEqual(value["values"]["types"][0][0], "builtins.int")
        tried, _ = self.at("m:pick", "try:", "try")
        self.assertTrue(tried["entered"] > 0)
        loop, _ = self.at("m:Counter.up", "while by", "loop")
        self.assertEqual(loop["trips"], 2 * loop["entered"])

    def test_results_and_exceptions_of_whole_calls_are_counted(self):
        seen = self.targets["m:same"]["observations"]
        self.assertEqual(seen["result_is_argument"], seen["sampled"])
        seen = self.targets["m:fails"]["observations"]
        self.assertEqual(seen["raised"], [["builtins.KeyError", seen["sampled"]]])
        self.assertEqual(seen["same_as_last"], seen["sampled"] - 1)

    def test_plain_calls_are_timed_with_their_size(self):
        sizes = {size for size, elapsed in self.targets["m:pick"]["timings"]}
        self.assertEqual(sizes, {0, 4, 8})
        self.assertTrue(all(elapsed > 0 for _, elapsed in self.targets["m:pick"]["timings"]))
        self.assertEqual(self.targets["m:numbers"]["timings"], [])


class Loud:
    def __eq__(self, other):
        raise AssertionError("compared")

    __hash__ = None

    def __len__(self):
        raise AssertionError("measured")


class Counting(unittest.TestCase):
    def test_no_method_of_a_seen_object_is_called(self):
        whole = counts.Whole(["x", "y"])
        for _ in range(3):
            whole.enter((Loud(), [Loud()]), None)
            whole.leave((Loud(), 1), Loud())
        self.assertEqual(whole.hashable, [False, False])
        self.assertEqual(whole.values[0].sized, 0)

    def test_sizes_that_nothing_can_hold_are_told_as_the_largest(self):
        values = counts.Values()
        for _ in range(2):
            values.see(range(10**30))
        self.assertEqual((values.size_max, values.size_sum), (counts.LONGEST, counts.LONGEST))

        def called(number):
            return outcomes.size_of_call(sys._getframe(), ["number"])

        self.assertEqual((called(5), called(2**89)), (5, counts.LONGEST))
        self.assertEqual(called([range(10**30)]), counts.LONGEST)

    def test_fingerprints_tell_equal_values_of_other_types_apart(self):
        pairs = [(1, True), (0.0, -0.0), ([1], (1,)), ("a", b"a"), ({"a": 1}, {"a": 2})]
        for left, right in pairs:
            self.assertNotEqual(counts.fingerprint(left), counts.fingerprint(right))
        self.assertEqual(counts.fingerprint([1, "a"]), counts.fingerprint([1, "a"]))


if __name__ == "__main__":
    unittest.main()
