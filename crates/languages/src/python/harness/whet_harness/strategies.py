"""Values by Hypothesis, in a process that holds no code of any repository: shapes in, encoded values out.

`main` serves like a worker, but loads nothing. Hypothesis keeps no database and no deadline here, and
what it makes follows from the seed, as long as the time limit is not met.
"""

import json
import os
import sys
import time

from . import codec, replay, worker

VALUES = 11
# Bytes of one encoded set of arguments; members of one container.
LARGEST = 16384
MOST_MEMBERS = 40


def strategy(shape, make):
    """What makes values of a shape; `make` is `hypothesis.strategies`."""
    return make.one_of([_MAKERS[kind]((shape or _UNKNOWN)[kind], make) for kind in sorted(shape or _UNKNOWN)])


# What stands where nothing was ever seen, as in lists that were always empty.
_UNKNOWN = {"int": {"low": 0, "high": 9}, "str": {"characters": "ab", "longest": 3}}


def _int(details, make):
    near = make.integers(min(details["low"], 0) * 2 - 2, max(details["high"], 0) * 2 + 2)
    return near | make.integers()


def _str(details, make):
    most = min(MOST_MEMBERS, 2 * details["longest"] + 4)
    anything = make.text(max_size=most)
    return make.text(make.sampled_from(details["characters"]), max_size=most) | anything if details["characters"] else anything


def _longest(details):
    return min(MOST_MEMBERS, 2 * details["longest"] + 4)


def _tuple(details, make):
    if "items" in details:
        return make.tuples(*[strategy(item, make) for item in details["items"]])
    return make.lists(strategy(details["of"], make), max_size=_longest(details)).map(tuple)


def _record(details, make):
    made = {key: strategy(shape, make) for key, shape in details["members"].items()}
    needed = {key: value for key, value in made.items() if key not in details["optional"]}
    return make.fixed_dictionaries(needed, optional={key: made[key] for key in details["optional"]})


_MAKERS = {
    "none": lambda details, make: make.none(),
    "bool": lambda details, make: make.booleans(),
    "int": _int,
    "float": lambda details, make: make.floats() | make.integers(-9, 9).map(float),
    "str": _str,
    "bytes": lambda details, make: make.binary(max_size=MOST_MEMBERS),
    "list": lambda details, make: make.lists(strategy(details["of"], make), max_size=_longest(details)),
    "set": lambda details, make: make.sets(strategy(details["of"], make), max_size=_longest(details)),
    "frozenset": lambda details, make: make.frozensets(strategy(details["of"], make), max_size=_longest(details)),
    "tuple": _tuple,
    "record": _record,
    "dict": lambda details, make: make.dictionaries(
        strategy(details["keys"], make), strategy(details["values"], make), max_size=_longest(details)
    ),
}


def values(shapes, options):
    """Encoded tuples of values, one of each shape: at most `count`, within `seconds`, drawn by `seed`."""
    hypothesis = _hypothesis(options["tools"])
    make = hypothesis.strategies
    found, end = {}, time.process_time() + options["seconds"]

    def collect(drawn):
        if len(found) < options["count"] and time.process_time() < end:
            try:
                data = codec.encode(drawn, inputs=True).bytes
            except codec.Opaque:
                return
            if len(data) <= LARGEST:
                found.setdefault(data)

    drawn = hypothesis.given(make.tuples(*[strategy(shape, make) for shape in shapes]))(collect)
    checks = list(hypothesis.HealthCheck)
    settings = hypothesis.settings(
        max_examples=options["count"], database=None, deadline=None, derandomize=False, phases=(hypothesis.Phase.generate,),
        suppress_health_check=checks,
    )
    hypothesis.seed(options["seed"])(settings(drawn))()
    return list(found)


def _hypothesis(tools):
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"
    # Where environment.py kept the tables of characters.
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = os.path.join(tools, "hypothesis_tables")
    if tools not in sys.path:
        sys.path.append(tools)
    import hypothesis
    import hypothesis.strategies  # noqa: F401 - reached as an attribute

    return hypothesis


def answer(payload):
    """The answer to VALUES: options as JSON and a form's description, then each set of values with its length."""
    options, (described,) = worker.split(payload)
    return replay.pack(values(json.loads(described)["shapes"], options))


def main(requests, answers, tools):
    """Serves on two descriptors; what takes long to import is imported while nobody waits yet."""
    sys.dont_write_bytecode = True
    helper = worker.Worker(requests, answers)
    helper.handlers = {VALUES: answer}
    try:
        _hypothesis(tools)
    except ImportError:
        # Told when values are asked for.
        pass
    helper.serve()
    os._exit(0)
