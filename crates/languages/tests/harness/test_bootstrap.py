import os
import unittest

from support import Project


class Bootstrap(unittest.TestCase):
    def setUp(self):
        self.project = Project({
            "show.py": "import sys, sitecustomize\nprint([p for p in sys.path if p.endswith('harness')], getattr(sitecustomize, 'mine', None))\n",
            "other/sitecustomize.py": "mine = 'the next one'\n",
        })
        self.addCleanup(self.project.close)

    def test_the_workload_sees_its_own_path_and_its_own_sitecustomize(self):
        shown = self.project.run(["show.py"], {"instrument": "none"}, roots=(".", "other"))
        self.assertEqual(shown.stdout.strip(), "[] the next one", shown.stderr)

    def test_an_instrument_that_cannot_start_leaves_the_workload_alone(self):
        shown = self.project.run(["show.py"], {"instrument": "record", "targets": "broken"}, sites=[{"broken": True}], roots=(".", "other"))
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))

    def test_a_sitecustomize_that_fails_is_reported_by_python_as_without_us(self):
        path = os.path.join(self.project.tree, "other", "sitecustomize.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("import no_such_module\n")
        plain = self.project.run(["-c", "print(1)"], roots=("other",))
        instrumented = self.project.run(["-c", "print(1)"], {"instrument": "none"}, roots=("other",))
        self.assertEqual(plain.stdout, instrumented.stdout)
        self.assertIn("no_such_module", instrumented.stderr)


if __name__ == "__main__":
    unittest.main()
