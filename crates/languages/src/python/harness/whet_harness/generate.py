"""The worker's GENERATE: runs a generator on the baseline and answers what it keeps."""

import ast
import contextlib
import json
import types

from . import accessors, casefile, replay
from .generator import Generator

# Bytes by which a process may grow while it generates.
MEMORY = 512 << 20


def generate(worker, options, recorded):
    """Answers two parts with their lengths, a summary as JSON and a file of cases."""
    function = worker.replayer.function()
    if worker.branches is None:
        worker.reach(b"on")
    else:
        worker.branches.on()
    options = dict(options, sources=list(options.get("sources", ())) + sources_of(function))
    fixed = first_free(worker.replayer.module, worker.replayer.qualname)
    generator = Generator(function, fixed, recorded, worker.repository, lambda data: worker.replayer.run(data, {}), worker.branches, options)
    with _less_memory():
        cases = generator.generate()
    worker.branches.off()
    summary = {"tried": generator.tried, "dropped": generator.dropped, "branches": worker.branches.summary()}
    return replay.pack([json.dumps(summary).encode(), casefile.MAGIC + b"".join(casefile.pack(case) for case in cases)])


@contextlib.contextmanager
def _less_memory():
    """Lets the process grow by MEMORY only: a huge number must not become a huge list."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    wanted = size + MEMORY if soft == resource.RLIM_INFINITY else min(soft, size + MEMORY)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def first_free(module, qualname):
    """How many leading arguments stay as they are: 1 for methods and class methods, else 0."""
    outer, _, name = qualname.rpartition(".")
    owner = accessors.resolve(module, outer) if outer else None
    if not isinstance(owner, type):
        return 0
    return 0 if type(accessors.type_dict(owner).get(name)) is staticmethod else 1


def sources_of(function):
    """The source of a function and of the functions that it names beside it."""
    code = function.__code__
    try:
        with open(code.co_filename, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return []
    named = (function.__globals__.get(name) for name in code.co_names)
    wanted = {other.__code__.co_firstlineno for other in named if type(other) is types.FunctionType and other.__code__.co_filename == code.co_filename}
    wanted.add(code.co_firstlineno)
    definitions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    chosen = [node for node in definitions if min([node.lineno] + [decorator.lineno for decorator in node.decorator_list]) in wanted]
    return [ast.unparse(node) for node in chosen]
