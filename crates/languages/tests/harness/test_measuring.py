import json
import unittest

from support import Project

MODULE = """
import threading


def inner(n):
    total = 0
    for i in range(n):
        total += i
    return total


def outer(n):
    big = [0] * (n * 100)
    inner(n)
    return len(big)


def threaded():
    thread = threading.Thread(target=inner, args=(50,))
    thread.start()
    thread.join()
"""

RUN = """
import m, multiprocessing, sys
for n in range(60):
    m.outer(n)
m.threaded()
if "fork" in sys.argv:
    context = multiprocessing.get_context("fork")
    child = context.Process(target=m.outer, args=(7,))
    child.start()
    child.join()
"""


class Measuring(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE, "run.py": RUN})
        self.addCleanup(self.project.close)
        self.sites = [self.project.site("m:" + name, "m.py") for name in ("inner", "outer")]

    def run_with(self, instrument, *arguments):
        done = self.project.run(["run.py", *arguments], {"instrument": instrument}, self.sites, variables={"WHET_TOOLS": "/nonexistent"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.project.outputs("failed"), [])
        documents = []
        for path in self.project.outputs(instrument):
            with open(path, encoding="utf-8") as file:
                documents.append(json.load(file))
        return documents

    def test_a_profile_tells_calls_times_and_callers_of_threads_too(self):
        (profile,) = self.run_with("profile")
        functions = {(entry[0], entry[1]): entry for entry in profile["functions"]}
        inner, outer = functions[("m.py", 5)], functions[("m.py", 12)]
        self.assertEqual((inner[3], outer[3]), (61, 60))
        self.assertTrue(outer[6] >= inner[5] > 0)
        places = [tuple(entry[:2]) for entry in profile["functions"]]
        edges = {(places[edge[0]], places[edge[1]]): edge[2] for edge in profile["edges"]}
        self.assertEqual(edges[(("m.py", 12), ("m.py", 5))], 60)
        self.assertTrue(0 <= profile["bias"]["callee_s"] < 1e-4)

    def test_a_forked_child_writes_its_own_part_alone(self):
        profiles = self.run_with("profile", "fork")
        calls = sorted(entry[3] for profile in profiles for entry in profile["functions"] if tuple(entry[:2]) == ("m.py", 12))
        self.assertEqual(calls, [1, 60])

    def test_lines_are_timed_with_their_hits(self):
        (document,) = self.run_with("lines")
        lines = {line: hits for line, hits, _ in document["targets"]["m:inner"]}
        self.assertEqual(lines[8], sum(range(60)) + 50)
        self.assertEqual(lines[6], 61)
        self.assertTrue(all(seconds >= 0 for _, _, seconds in document["targets"]["m:inner"]))

    def test_allocations_grow_with_the_input(self):
        (document,) = self.run_with("allocations")
        self.assertTrue(document["peak_bytes"] > 0)
        points = document["targets"]["m:outer"]
        self.assertTrue(len(points) >= 20)
        by_size = dict(map(tuple, points))
        self.assertTrue(by_size[max(by_size)] > by_size[min(size for size in by_size if size)] * 2, points)


if __name__ == "__main__":
    unittest.main()
