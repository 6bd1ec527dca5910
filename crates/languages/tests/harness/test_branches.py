import json
import textwrap
import unittest

from support import Project
from whet_harness.branches import Branches, find_code

SOURCE = """
def f(values, limit=None):
    total = 0
    for value in values:
        if value > 10 and value != 12:
            total += 1 if value % 2 else 2
        elif limit is None:
            continue
        else:
            break
    try:
        return total / len(values)
    except ZeroDivisionError:
        return [x for x in "ab" if x != "a"]


class C:
    def m(self, x):
        def inner(y):
            return y or x
        return inner
"""


def load():
    code = compile(textwrap.dedent(SOURCE), "m.py", "exec")
    space = {}
    exec(code, space)
    return code, space


class Branching(unittest.TestCase):
    def watch(self, function, *calls):
        branches = Branches([function.__code__])
        branches.on()
        self.addCleanup(branches.off)
        for call in calls:
            function(*call)
        return branches

    def ways(self, branches):
        return {(line, way) for line, _, way in branches.arcs}

    def test_a_way_that_no_call_takes_is_unreached(self):
        _, space = load()
        branches = self.watch(space["f"], ([11],))
        reached = self.ways(branches)
        self.assertIn((5, "true"), reached)
        self.assertIn((4, "next"), reached)
        self.assertIn((4, "done"), reached)
        self.assertEqual({line for line in branches.lines}, {3, 4, 5, 6, 11, 12})
        told = branches.summary()["unreached"]
        self.assertTrue(any(arc.startswith("line 5") and "false" in arc for arc in told), told)
        self.assertTrue(any(arc.startswith("line 7") for arc in told), told)

    def test_calls_together_reach_every_branch(self):
        _, space = load()
        branches = self.watch(space["f"], ([11, 14, 12, 1],), ([1], 3), ([],))
        missing = [arc for arc in branches.unreached() if arc[2] != "not caught"]
        self.assertEqual(missing, [], [str(arc) for arc in missing])
        self.assertEqual(branches.lines, branches.lines_total)

    def test_fetch_answers_what_is_new_since_the_last_time(self):
        _, space = load()
        branches = self.watch(space["f"], ([11],))
        lines, arcs = branches.fetch()
        self.assertTrue(lines and arcs)
        space["f"]([11])
        self.assertEqual(branches.fetch(), (set(), set()))
        space["f"]([11, 1])
        lines, arcs = branches.fetch()
        self.assertEqual(lines, {7, 8})
        self.assertEqual({arc[0] for arc in arcs}, {5, 7})

    def test_nothing_is_noted_after_off(self):
        _, space = load()
        branches = self.watch(space["f"])
        branches.off()
        space["f"]([11])
        self.assertEqual((branches.lines, branches.arcs), (set(), set()))

    def test_code_is_found_by_qualified_name(self):
        code, space = load()
        self.assertIs(find_code(code, "f", 2), space["f"].__code__)
        inner = find_code(code, "C.m.<locals>.inner", 0)
        self.assertEqual(inner, space["C"]().m(1).__code__)
        branches = self.watch(space["C"]().m(1), (0,))
        self.assertEqual(len(branches.arcs), 1)
        self.assertIsNone(find_code(code, "C.n", 0))

    def test_a_workload_reports_what_it_reaches(self):
        files = {"m.py": SOURCE, "run.py": "import m, threading\nt = threading.Thread(target=m.f, args=([11],))\nt.start()\nt.join()\nm.f([1])\n"}
        project = Project(files)
        self.addCleanup(project.close)
        done = project.run(["run.py"], {"instrument": "coverage"}, [project.site("m:f", "m.py"), project.site("m:C.m", "m.py")])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        (path,) = project.outputs("coverage-")
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(report["m:f"]["lines"], [3, 4, 5, 6, 7, 8, 11, 12])
        self.assertEqual(report["m:C.m"]["lines_reached"], 0)
        self.assertGreater(report["m:C.m"]["branches_total"], 0)
        self.assertEqual(project.outputs("failed"), [])


if __name__ == "__main__":
    unittest.main()
