import glob
import json
import os
import re
import sys
import sysconfig
import unittest

from support import HARNESS, Project
from whet_harness.literals import NoLiteral, Writer

MODULE = """
class Shelf:
    def __init__(self, things):
        self.things = things

    def put(self, thing):
        if not thing:
            raise ValueError("nothing to put")
        self.things.append(thing)
        return len(self.things)


def pairs(values, sort=False):
    values = sorted(values) if sort else list(values)
    return list(zip(values, values[1:]))


def steps(n):
    yield from range(n)


def unordered(values):
    return list(set(values))


def leaves(values):
    import os
    if "PYTEST_CURRENT_TEST" in os.environ:
        os._exit(3)
    return values
"""

RUN = """
import m
m.pairs([3, 1, 2])
m.pairs((3, 1, 2), sort=True)
m.pairs("ab")
m.unordered(["a", "b", "c", "d", "e", "f"])
m.unordered(["a"])
m.leaves([1])
list(m.steps(3))
m.pairs(n for n in [4, 6])
shelf = m.Shelf([])
shelf.put("book")
try:
    shelf.put("")
except ValueError:
    pass
"""


class Emitting(unittest.TestCase):
    def emit(self, python=sys.executable, **variables):
        project = Project({"m.py": MODULE, "run.py": RUN, "tests/test_m.py": ""})
        self.addCleanup(project.close)
        sites = [project.site(name, "m.py") for name in ("m:pairs", "m:Shelf.put", "m:unordered", "m:leaves")]
        instrument = {"instrument": "record", "calls_per_target": 20, "bytes_per_target": 1 << 20, "overhead_limit": 3.0, "seed": 1}
        done = project.run(["run.py"], instrument, sites)
        self.assertEqual(done.returncode, 0, done.stderr)
        targets = [{"target": site, "cases": glob.glob(os.path.join(project.out, "cases-%d-*" % number))} for number, site in enumerate(sites)]
        request = {"tree": project.tree, "out": os.path.join(project.out, "emitted.json"), "folder": "tests", "calls": 10, "targets": targets}
        with open(os.path.join(project.out, "emit.json"), "w", encoding="utf-8") as file:
            json.dump(request, file)
        variables["PYTHONPATH"] = os.pathsep.join([HARNESS, project.tree])
        done = project.run(["-m", "whet_harness.emit", os.path.join(project.out, "emit.json")], variables=variables, python=python)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(request["out"], encoding="utf-8") as file:
            return {told["name"]: told for told in json.load(file)["targets"]}

    def test_a_function_gets_a_readable_test_that_passes(self):
        told = self.emit()["m:pairs"]
        self.assertEqual(told["reason"], "")
        regression = told["files"][0]
        self.assertEqual(regression["path"], "tests/test_m_pairs_regression.py")
        self.assertIn("(([3, 1, 2],), {}, [(3, 1), (1, 2)]),", regression["content"])
        self.assertIn('(((3, 1, 2), True), {}, [(1, 2), (2, 3)])', regression["content"])
        self.assertIn("from m import pairs", regression["content"])
        self.assertEqual(told["files"][1]["path"], "tests/test_m_pairs_benchmark.py")

    def test_a_generator_is_made_anew_for_every_round(self):
        told = self.emit()
        regression, benchmark = [file["content"] for file in told["m:pairs"]["files"]]
        self.assertIn("((stream([4, 6]),), {}, [(4, 6)]),", regression)
        self.assertIn("((stream([4, 6]),), {}),", benchmark)
        self.assertIn("benchmark.pedantic(run, setup=lambda: ((calls(),), {}), rounds=50)", benchmark)
        self.assertIn("benchmark(run, CALLS)", told["m:unordered"]["files"][1]["content"])

    def test_pytest_is_the_tools_own_where_the_environment_has_none(self):
        told = self.emit(sys._base_executable, WHET_TOOLS=sysconfig.get_path("purelib"))["m:pairs"]
        self.assertEqual((told["reason"], len(told["files"])), ("", 2))

    def test_a_method_shows_what_it_changes_and_raises(self):
        content = self.emit()["m:Shelf.put"]["files"][0]["content"]
        self.assertIn('((made(m.Shelf, things=[]), "book"), {}, 1, (made(m.Shelf, things=["book"]), "book")),', content)
        self.assertIn('ValueError, "nothing to put"', content)


    def test_what_does_not_pass_is_left_out_and_harms_no_other_test(self):
        told = self.emit()
        content = told["m:unordered"]["files"][0]["content"]
        self.assertIn('(["a"],)', content)
        self.assertNotIn('"f"', content)
        self.assertEqual((told["m:leaves"]["reason"], told["m:leaves"]["files"]), ("its test does not pass on the code as it is", []))
        self.assertEqual(len(told["m:pairs"]["files"]), 2)


class Literals(unittest.TestCase):
    def test_an_expression_builds_an_equal_value_of_the_same_type(self):
        for value in (0, -1.5, True, None, "a'b", 'say "x"', b"\x00", [1, (2,)], {"a": {1, 2}}, set(), frozenset([3]), (), bytearray(b"a"), 1e300, range(3)):
            made = eval(Writer().write(value))
            self.assertEqual((type(made), made), (type(value), value))

    def test_a_match_is_shown_by_the_call_that_finds_it(self):
        word = re.compile("([a-z])[a-z]*", re.I)
        shown = [Writer().write(found) for found in (word.match("Ab c"), word.search(" ab", 1), word.search("- ab"))]
        self.assertEqual(shown, [
            're.compile("([a-z])[a-z]*", %d).match("Ab c")' % word.flags, 're.compile("([a-z])[a-z]*", %d).match(" ab", 1, 3)' % word.flags,
            're.compile("([a-z])[a-z]*", %d).search("- ab")' % word.flags,
        ])
        self.assertEqual(Writer().write(re.compile(b"x")), 're.compile(b"x")')
        with self.assertRaises(NoLiteral):
            Writer().write(list(word.finditer("a b"))[1])

    def test_what_has_no_expression_is_refused(self):
        cycle = []
        cycle.append(cycle)
        for value in (cycle, object(), lambda: 0, "x" * 500, 10**200):
            with self.assertRaises(NoLiteral):
                Writer().write(value)


if __name__ == "__main__":
    unittest.main()
