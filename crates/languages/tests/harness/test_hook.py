import os
import sys
import unittest

from support import HARNESS, Project

# Marks `pkg.mod:double`, and `script.py:double`; says at exit what was seen and what could not be rewritten.
INSTRUMENT = """
import atexit, os, sys
sys.path.insert(0, {harness!r})
from whet_harness import bootstrap, entries, hook

class Seen:
    pending = streams = None
    def returned(self, value): seen.append(value)
    def failed(self, exception): seen.append(repr(exception))

class Listener:
    def sample(self, mark, frame):
        mark.skip(0)
        return Seen()

seen, marks, failures = [], [], []
tree = os.environ["TREE"]
sites = {{}}
for file in ("pkg/mod.py", "script.py", "test_target.py", "broken.py"):
    name = "double" if file != "test_target.py" else "test_double"
    sites[os.path.join(tree, file)] = [bootstrap.Site(dict(name="x:" + name, file=file, line=0, end_line=0))]
rewrite, finish = entries.marker(sites, Listener(), marks)
rewriting = hook.install({{path: rewrite for path in sites}}, finish, failures.append)
atexit.register(lambda: print("SEEN", seen, [m.site.file for m in marks], failures))
"""

FILES = {
    "pkg/__init__.py": "from .mod import double\n",
    "pkg/mod.py": "def double(x):\n    return x * 2\n\nif __name__ == '__main__':\n    print(double(21), __spec__.name)\n",
    "pkg/use.py": "from pkg import double\nfrom pkg.mod import double as again\nassert double is again\nprint(double(4))\n",
    "script.py": "'''docs'''\nfrom __future__ import annotations\nimport sys\ndef double(x):\n    return x * 2\n"
    "print(double(1), __doc__, __name__, __spec__, __package__, __file__, sys.path[0], sys.argv)\n",
    "test_target.py": "from pkg import double\ndef test_double():\n    value = double(5)\n    assert value == 10\n"
    "def test_wrong():\n    value = double(3)\n    assert value == 7\n",
    "broken.py": "def double(x:\n",
}


class Hook(unittest.TestCase):
    def setUp(self):
        self.project = Project(FILES)
        self.addCleanup(self.project.close)
        self.variables = {"TREE": self.project.tree}
        with open(os.path.join(self.project.tree, "sitecustomize.py"), "w", encoding="utf-8") as file:
            file.write(INSTRUMENT.format(harness=HARNESS))

    def run_project(self, *arguments):
        return self.project.run(list(arguments), variables=self.variables)

    def test_an_imported_module_is_rewritten_for_every_importer(self):
        done = self.run_project("-m", "pkg.use")
        self.assertIn("8\nSEEN [8] ['pkg/mod.py'] []", done.stdout, done.stderr)

    def test_a_module_run_by_m_is_rewritten_both_times(self):
        done = self.run_project("-W", "ignore", "-m", "pkg.mod")
        self.assertIn("42 pkg.mod\nSEEN [42]", done.stdout, done.stderr)

    def test_a_script_is_rewritten_and_sees_what_a_plain_script_sees(self):
        done = self.run_project("script.py", "an argument")
        os.remove(os.path.join(self.project.tree, "sitecustomize.py"))
        plain = self.project.run(["script.py", "an argument"], variables=self.variables)
        self.assertEqual(done.stdout, plain.stdout + "SEEN [2] ['script.py'] []\n", done.stderr)

    def test_a_script_run_by_runpy_is_rewritten(self):
        done = self.run_project("-c", "import runpy\nrunpy.run_path('script.py', run_name='mine')")
        self.assertIn("SEEN [2] ['script.py'] []", done.stdout, done.stderr)
        self.assertIn("docs mine None", done.stdout)

    def test_a_module_that_is_loaded_by_its_path_is_rewritten(self):
        done = self.run_project(
            "-c",
            "import importlib.util as u\nspec = u.spec_from_file_location('other', 'pkg/mod.py')\n"
            "module = u.module_from_spec(spec)\nspec.loader.exec_module(module)\nprint(module.double(4))",
        )
        self.assertIn("8\nSEEN [8] ['pkg/mod.py'] []", done.stdout, done.stderr)

    def test_a_module_with_a_syntax_error_fails_as_it_would_without_us(self):
        done = self.run_project("-c", "import broken")
        self.assertIn("SyntaxError", done.stderr)
        self.assertIn("SEEN [] [] []", done.stdout)

    def test_the_source_and_the_loader_look_as_they_do_without_us(self):
        done = self.run_project(
            "-c",
            "import inspect, pkg.mod, importlib.machinery as m\n"
            "print(isinstance(pkg.mod.__loader__, m.SourceFileLoader), type(pkg.mod.__loader__).__name__, inspect.getsource(pkg.mod.double))\n"
            "import importlib; importlib.reload(pkg.mod); print(pkg.mod.double(1))",
        )
        self.assertIn("True SourceFileLoader def double(x):\n    return x * 2\n", done.stdout, done.stderr)
        self.assertIn("SEEN [2]", done.stdout)

    def test_pytest_still_explains_assertions_in_rewritten_modules(self):
        done = self.run_project("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_target.py")
        self.assertIn("assert 6 == 7", done.stdout, done.stderr)
        self.assertIn("1 failed, 1 passed", done.stdout)
        self.assertIn("SEEN [10, None, 6] ['test_target.py', 'pkg/mod.py'] []", done.stdout)


if __name__ == "__main__":
    unittest.main()
