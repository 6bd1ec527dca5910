import json
import unittest

from support import Project

MODULE = """
import time


def busy(seconds, deeper=0):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    if deeper:
        busy(seconds, deeper - 1)


def guarded(path, wrong=False):
    with open(path) as file:
        if wrong:
            raise ValueError(path)
        return file.read()


def plain(x):
    return x


def steps():
    yield 1
"""


class Watching(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE})
        self.addCleanup(self.project.close)

    def watch(self, name, source):
        done = self.project.run(["-c", source], {"instrument": "stopwatch"}, [self.project.site(name, "m.py")])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.project.outputs("failed"), [])
        found = []
        for path in self.project.outputs("stopwatch-"):
            with open(path, encoding="utf-8") as file:
                found.append(json.load(file))
        return found

    def test_time_within_the_outermost_calls_is_counted_once_and_time_outside_is_not(self):
        source = "import m, time\nfor _ in range(3):\n    m.busy(0.02, deeper=1)\nuntil = time.thread_time() + 0.3\nwhile time.thread_time() < until: pass\n"
        (found,) = self.watch("m:busy", source)
        self.assertEqual(found["calls"], 3)
        self.assertAlmostEqual(found["cpu_ns"] / 1e9, 0.12, delta=0.02)

    def test_every_way_out_of_a_call_is_one_exit(self):
        source = "import m\nfor wrong in (False, True, False):\n    try:\n        m.guarded('m.py', wrong)\n    except ValueError:\n        pass\n"
        (found,) = self.watch("m:guarded", source)
        self.assertEqual(found["calls"], 3)

    def test_threads_add_up(self):
        source = """
import m, threading
threads = [threading.Thread(target=m.busy, args=(0.02,)) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
        (found,) = self.watch("m:busy", source)
        self.assertEqual(found["calls"], 3)
        self.assertAlmostEqual(found["cpu_ns"] / 1e9, 0.06, delta=0.015)

    def test_a_forked_child_counts_for_itself(self):
        source = "import m, os\nm.busy(0.01)\nm.busy(0.01)\nif os.fork() == 0:\n    m.busy(0.01)\nelse:\n    os.wait()\n"
        self.assertEqual(sorted(one["calls"] for one in self.watch("m:busy", source)), [1, 2])

    def test_what_the_stopwatch_itself_takes_is_known(self):
        (found,) = self.watch("m:plain", "import m\nfor n in range(100_000):\n    m.plain(n)\n")
        self.assertLessEqual(found["own_least_ns"], found["own_ns"])
        # Within what other processes' load makes of it between the two.
        taken = found["cpu_ns"] / found["calls"]
        self.assertTrue(0.25 * found["own_least_ns"] < taken < 4 * found["own_ns"], (taken, found))

    def test_a_generator_is_not_timed(self):
        (found,) = self.watch("m:steps", "import m\nlist(m.steps())\n")
        self.assertEqual((found["kind"], found["calls"]), ("generator", 0))


if __name__ == "__main__":
    unittest.main()
