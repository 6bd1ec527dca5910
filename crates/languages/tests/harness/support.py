"""What several tests of the harness need."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap

HARNESS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "src", "python", "harness"))


class Project:
    """A small tree in a temporary folder, run as a workload under an instrument."""

    def __init__(self, files):
        self.folder = tempfile.TemporaryDirectory()
        self.tree = os.path.join(os.path.realpath(self.folder.name), "tree")
        self.out = os.path.join(os.path.realpath(self.folder.name), "out")
        for path, content in files.items():
            whole = os.path.join(self.tree, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(textwrap.dedent(content))

    def close(self):
        self.folder.cleanup()

    def site(self, name, file):
        """Finds the target's lines; `name` is `module:qualname`."""
        import ast

        with open(os.path.join(self.tree, file), encoding="utf-8") as source:
            tree = ast.parse(source.read())
        node = tree
        for part in name.rpartition(":")[2].replace("<locals>.", "").split("."):
            inside = [child for child in ast.walk(node) if getattr(child, "name", None) == part and child is not node]
            node = inside[0]
        line = min([node.lineno] + [decorator.lineno for decorator in node.decorator_list])
        return {"name": name, "file": file, "line": line, "end_line": node.end_lineno}

    def run(self, arguments, instrument=None, sites=(), roots=(".",), variables=None, python=sys.executable):
        """Runs the interpreter as a workload does; answers the finished process."""
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "WHET_INSTRUMENT")}
        path = [os.path.normpath(os.path.join(self.tree, root)) for root in roots]
        if instrument is not None:
            path.insert(0, HARNESS)
            document = {"instrument": instrument, "targets": list(sites), "tree": self.tree, "out": self.out}
            environment["WHET_INSTRUMENT"] = json.dumps(document)
        environment["PYTHONPATH"] = os.pathsep.join(path)
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment.update(variables or {})
        return subprocess.run([python, *arguments], cwd=self.tree, env=environment, capture_output=True, text=True, check=False)

    def outputs(self, prefix):
        """Answers the paths of the instrument's files that start with `prefix`."""
        if not os.path.isdir(self.out):
            return []
        return sorted(os.path.join(self.out, name) for name in os.listdir(self.out) if name.startswith(prefix))
