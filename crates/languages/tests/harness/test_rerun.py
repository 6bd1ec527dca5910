import json
import os
import unittest

from support import Project
from whet_harness import casefile

MODULE = """
import io

LIMIT = 3
SEEN = []


def lines(file, most=2):
    SEEN.append(most)
    return [file.readline() for _ in range(min(most, LIMIT))]


def opened(path):
    return open(path, encoding="utf-8")


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def steps(n):
    for number in range(n):
        got = yield number
        if got:
            yield got


def first(values, more=None):
    return next(values)


def double(n):
    return 2 * n
"""


class Rerunning(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE, "text.txt": "a\nb\nc\nd\n"})
        self.addCleanup(self.project.close)

    def rerun(self, name, source, **parameters):
        """Runs `source` under the instrument; answers each process's cases and report."""
        for path in self.project.outputs(""):
            os.remove(path)
        with open(os.path.join(self.project.tree, "run.py"), "w", encoding="utf-8") as file:
            file.write(source)
        instrument = {"instrument": "rerun", "first": 50, "bytes_per_part": 4096, "locators": None}
        done = self.project.run(["run.py"], dict(instrument, **parameters), [self.project.site(name, "m.py")])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.project.outputs("failed"), [])
        processes = []
        for path in self.project.outputs("rerun-"):
            if path.endswith(".bin"):
                with open(path[:-4] + ".json", encoding="utf-8") as file:
                    processes.append((casefile.read(path), json.load(file)))
        return processes

    def sections(self, case):
        found, place = {}, 3
        while place < len(case.outcome):
            number, length = case.outcome[place], int.from_bytes(case.outcome[place + 1 : place + 5], "little")
            found[number] = case.outcome[place + 5 : place + 5 + length]
            place += 5 + length
        return found

    def test_an_open_file_enters_by_its_type_and_what_the_call_gives_and_leaves_is_seen(self):
        source = "import m\nwith open('text.txt') as file:\n    for most in (1, 2):\n        m.lines(file, most)\n"
        ((cases, report),) = self.rerun("m:lines", source)
        self.assertEqual([(case.header["mode"], case.header["position"], case.header["opaque"]) for case in cases],
                         [("rerun", 0, "_io.TextIOWrapper"), ("rerun", 1, "_io.TextIOWrapper")])
        self.assertEqual(cases[0].header["caller"], "__main__:<module>:4")
        self.assertIn(b"_io.TextIOWrapper", cases[0].input)
        self.assertIn(b"s\x02b\n", self.sections(cases[1])[1])
        self.assertEqual((report["calls"], report["until"]), (2, None))
        self.assertIn(["g", "m", "SEEN"], report["locators"])
        # Where the baseline named less state, less is looked at.
        ((fewer, _),) = self.rerun("m:lines", source, locators=[["g", "m", "LIMIT"]])
        self.assertNotEqual(self.sections(fewer[0])[3], self.sections(cases[0])[3])
        self.assertEqual(self.sections(fewer[0])[1], self.sections(cases[0])[1])

    def test_a_call_whose_end_can_not_be_seen_is_no_evidence(self):
        ((cases, _),) = self.rerun("m:opened", "import m\nm.opened('text.txt').close()\ntry:\n    m.opened('none')\nexcept OSError:\n    pass\n")
        self.assertEqual([(case.header["mode"], case.header["ends"]) for case in cases], [("opaque", "returns"), ("rerun", "FileNotFoundError")])

    def test_calls_within_a_call_are_not_counted(self):
        ((cases, report),) = self.rerun("m:depth", "import m\nfor n in (3, 0, 2):\n    m.depth(n)\n")
        self.assertEqual([case.header["position"] for case in cases], [0, 1, 2])
        self.assertEqual(report["calls"], 3)

    def test_two_runs_write_the_same(self):
        source = "import m\nfor n in range(5):\n    m.first(iter('abc'))\n    m.first(x for x in 'abc')\n    m.double(n)\n"
        once, again = (self.rerun("m:first", source)[0][0] for _ in range(2))
        self.assertEqual([casefile.pack(case) for case in once], [casefile.pack(case) for case in again])

    def test_what_a_workload_does_with_a_generator_is_its_transcript(self):
        source = "import m\nlist(m.steps(2))\nleft = m.steps(5)\nnext(left)\nleft.send('more')\ndel left\n"
        ((cases, _),) = self.rerun("m:steps", source)
        self.assertEqual([(case.header["mode"], case.header["ends"]) for case in cases], [("rerun", "returns"), ("rerun", "GeneratorExit")])
        transcript = self.sections(cases[1])[10]
        for part in (b"s\x05gives", b"s\x04sents\x04more", b"s\x06closed"):
            self.assertIn(part, transcript)

    def test_what_a_call_takes_from_a_generator_is_part_of_its_input(self):
        source = "import m\nvalues = (n for n in (7, 8))\nm.first(values, [x for x in 'a'])\nassert list(values) == [8]\n"
        ((cases, _),) = self.rerun("m:first", source)
        self.assertEqual(cases[0].input[:2], b"t\x05")
        self.assertIn(b"gives", cases[0].input)
        self.assertEqual(cases[0].header["mode"], "rerun")

    def test_all_of_the_first_calls_are_taken_and_ever_fewer_of_the_rest(self):
        ((cases, report),) = self.rerun("m:double", "import m\nfor n in range(20_000):\n    m.double(n)\n")
        positions = [case.header["position"] for case in cases]
        self.assertEqual(positions[:50], list(range(50)))
        gaps = [after - before for before, after in zip(positions, positions[1:])]
        self.assertEqual(gaps, sorted(gaps))
        self.assertLess(len(positions), 500)
        self.assertEqual(report["calls"], 20_000)

    def test_a_part_that_is_too_long_goes_out_by_its_digest(self):
        ((cases, _),) = self.rerun("m:first", "import m\nm.first(iter(['x' * 5000]))\n")
        self.assertEqual(self.sections(cases[0])[1][:1], b"#")
        self.assertEqual(len(self.sections(cases[0])[1]), 1 + 32 + 2)

    def test_a_forked_child_counts_for_itself(self):
        source = "import m, os\nm.double(1)\nif os.fork() == 0:\n    m.double(2)\n    m.double(3)\nelse:\n    os.wait()\n"
        processes = self.rerun("m:double", source)
        self.assertEqual([[case.header["position"] for case in cases] for cases, _ in processes], [[0], [0, 1]])


if __name__ == "__main__":
    unittest.main()
