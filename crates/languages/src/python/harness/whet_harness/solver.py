"""Searches for inputs on which baseline and candidate part, by CrossHair's symbolic execution of both.

Runs in a worker of the baseline's side that serves nothing else. What it answers are claims: inputs for the
gate to replay on both sides, those on which the search itself saw a difference first, then one of each path
that it walked.
"""

import collections
import copy
import inspect
import json
import random
import resource
import sys
import time
import types
import typing

from . import accessors, capture, casefile, codec, generate, replay, shapes

# Differences after which the search ends; paths of which an input is kept; bytes that the process may grow by.
MOST_DIFFERENCES = 3
MOST_PATHS = 24
MEMORY = 1 << 30
CALLER = "generated: crosshair"
DIFFERS = "; the search saw a difference"


class Unsuited(Exception):
    """Why the target can't be searched, for people."""


def answer(worker, options, recorded):
    """The worker's SOLVE: a summary as JSON and a file of cases, each behind its length."""
    began = time.monotonic()
    summary = {"ran": False, "reason": "", "paths": 0, "exhausted": False}
    cases = []
    try:
        search = Search(worker, options, recorded)
        search.run()
        cases = search.cases()
        summary.update(ran=True, paths=search.paths, exhausted=search.exhausted)
    except Unsuited as unsuited:
        summary["reason"] = str(unsuited)
    except Exception as error:  # noqa: B902 - a search that breaks off is reported and decides nothing
        summary["reason"] = "the search broke off: %s: %s" % (type(error).__name__, str(error)[:200])
    summary["seconds"] = time.monotonic() - began
    return replay.pack([json.dumps(summary).encode(), casefile.MAGIC + b"".join(casefile.pack(case) for case in cases)])


class Search:
    """One search. `options`: `source` (the candidate's file), `seconds` of processor time, `path` (where CrossHair lies),
    `number` (among those beside each other: it draws its own order of paths)."""

    def __init__(self, worker, options, recorded):
        self.repository = worker.repository
        self.seconds = options["seconds"]
        self.path = options["path"]
        self.number = options.get("number", 0)
        self.qualname = worker.replayer.qualname
        self.function = plain_function(sys.modules[worker.replayer.module], self.qualname)
        self.form = generate.form_of(worker, recorded)
        self.signature = self._signature()
        self.other = plain_function(_beside(sys.modules[worker.replayer.module], options["source"]), self.qualname)
        self.paths = 0
        self.exhausted = False
        self.differences, self.walked = [], []

    def _signature(self):
        if not self.form.bases:
            raise Unsuited("no recorded call can be built again")
        if not self.form.places:
            raise Unsuited("the recorded calls pass no arguments")
        parameters = []
        for place, name, shape in zip(self.form.places, self.form.names, self.form.shapes):
            name_of_type = shapes.opaque_name(shape)
            if name_of_type is not None:
                raise Unsuited("argument %s is a %s" % (name, name_of_type))
            by_name = isinstance(place, str)
            kind = inspect.Parameter.KEYWORD_ONLY if by_name else inspect.Parameter.POSITIONAL_ONLY
            parameters.append(inspect.Parameter(name if by_name else "argument_%d" % place, kind, annotation=annotation(shape)))
        return inspect.Signature(parameters)

    def run(self):
        """Walks paths until the time is over, all are walked, or differences enough are seen."""
        # What CrossHair needs of the standard library is the interpreter's, what it brings is its own.
        sys.path.append(self.path)
        try:
            import crosshair.core_and_libs  # noqa: F401 - registers what it knows of the standard library
            from crosshair import core, options, statespace
        except ImportError as error:
            raise Unsuited("CrossHair can't be imported: %s" % error) from error
        _bound_memory()
        if self.number:
            # CrossHair draws from one fixed seed.
            statespace.newrandom = lambda: random.Random(self.number)
        chosen = options.AnalysisOptionSet(per_condition_timeout=self.seconds, per_path_timeout=max(1.0, self.seconds / 4))
        settings = options.DEFAULT_OPTIONS.overlay(chosen)
        settings.stats = collections.Counter()
        # A busy machine gives less processor time; there is an end to waiting all the same.
        self.until = time.monotonic() + 2 * self.seconds
        core.explore_paths(self._both, self.signature, settings, statespace.RootNode(), self._ended, lambda: None)
        self.exhausted = settings.stats["exhaustion"] > 0 and not self.differences

    def _both(self, arguments):
        from crosshair.diff_behavior import describe_behavior

        theirs = copy.deepcopy(arguments)
        if self.number % 2:
            # Walked first, a side's own branches are drawn first.
            their_end = describe_behavior(self.other, theirs)
            return describe_behavior(self.function, arguments), their_end, arguments, theirs
        return describe_behavior(self.function, arguments), describe_behavior(self.other, theirs), arguments, theirs

    def _ended(self, space, before, _, run, error, stack):
        from crosshair.behavior_compare import flexible_equal
        from crosshair.core import ExceptionFilter, deep_realize
        from crosshair.tracers import NoTracing

        self.paths += 1
        with ExceptionFilter():
            if run is not None:
                (ours, our_error), (theirs, their_error), our_arguments, their_arguments = run
                same = (
                    type(our_error) is type(their_error)
                    and flexible_equal(ours, theirs)
                    and flexible_equal(our_arguments.arguments, their_arguments.arguments)
                )
                space.detach_path()
                if not same or len(self.walked) < MOST_PATHS:
                    real = deep_realize(dict(before.arguments))
                    with NoTracing():
                        (self.walked if same else self.differences).append(list(real.values()))
        return len(self.differences) >= MOST_DIFFERENCES or time.monotonic() > self.until

    def cases(self):
        """The inputs as cases; those that can't be encoded are left out."""
        found = []
        for differs, some in ((True, self.differences), (False, self.walked)):
            for values in some:
                made = self.form.put(self.form.bases[0], dict(enumerate(values)))
                try:
                    data, size = made.encode(self.repository)
                except codec.Opaque:
                    continue
                header = {
                    "id": "%s#x%d.%d" % (self.qualname, self.number, len(found)),
                    "origin": "generated",
                    "position": len(found),
                    "size": size,
                    "caller": CALLER + (DIFFERS if differs else ""),
                    "types": capture._types(tuple(made.args), made.kwargs),
                }
                found.append(casefile.Case(header, data, b""))
        return found


def plain_function(module, qualname):
    """The target, if it is a function at module level without cells; raises Unsuited."""
    found = accessors.module_dict(module).get(qualname)
    if "." in qualname:
        raise Unsuited("only functions at module level are searched")
    if type(found) is not types.FunctionType or found.__closure__ or hasattr(found, "__wrapped__"):
        raise Unsuited("%s is wrapped" % qualname)
    if found.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Unsuited("%s gives its results one by one" % qualname)
    return found


def _beside(module, source):
    """The candidate's module, loaded beside the baseline's under the same name."""
    made = types.ModuleType(module.__name__)
    for name in ("__package__", "__file__", "__spec__", "__loader__", "__path__"):
        if name in accessors.module_dict(module):
            setattr(made, name, accessors.module_dict(module)[name])
    sys.modules[module.__name__] = made
    try:
        exec(compile(source, made.__file__, "exec"), made.__dict__)
    except Exception as error:
        raise Unsuited("the candidate does not load beside the baseline: %s" % type(error).__name__) from error
    finally:
        sys.modules[module.__name__] = module
    return made


def annotation(shape):
    """A shape as a type for CrossHair."""
    kinds = [_annotation(kind, shape[kind]) for kind in sorted(shape)]
    return typing.Union[tuple(kinds)] if kinds else int


def _annotation(kind, details):
    if kind in _ATOMS:
        return _ATOMS[kind]
    if kind == "dict":
        return typing.Dict[annotation(details["keys"]), annotation(details["values"])]
    if kind == "record":
        return typing.TypedDict("Record", {key: annotation(shape) for key, shape in details["members"].items()})
    if kind == "tuple":
        if "of" in details:
            return typing.Tuple[annotation(details["of"]), ...]
        return typing.Tuple[tuple(map(annotation, details["items"])) or ()]
    return {"list": typing.List, "set": typing.Set, "frozenset": typing.FrozenSet}[kind][annotation(details["of"])]


_ATOMS = {"none": type(None), "bool": bool, "int": int, "float": float, "str": str, "bytes": bytes}


def _bound_memory():
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        wanted = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
    if soft == resource.RLIM_INFINITY or wanted < soft:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
        except (OSError, ValueError):
            pass
