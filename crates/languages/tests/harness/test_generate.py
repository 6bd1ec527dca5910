import importlib
import json
import re
import struct
import subprocess
import sys
import unittest

from support import HARNESS, Project
from whet_harness import casefile, relatives, remade
from whet_harness.constants import constants

MODULE = """
import random

LIMITS = (17, 23)


class Broken(Exception):
    pass


def grade(values, word="x"):
    if len(values) > 12:
        return "long"
    if word == "secret":
        raise Broken(word)
    if len(values) == 2 and values[1] == 41:
        return "narrow"
    for value in values:
        if value == LIMITS[1]:
            return value
        if isinstance(value, bool):
            return "truth"
    return values[0] / len(values)


def lines(text):
    return len(text.splitlines())


def place(name, taken, source=random):
    return taken.index(name) if name in taken else source.random()


def match_all(rules, codes):
    texts = set(codes) if {str}.issuperset(map(type, codes)) else codes
    matched = []
    for rule in rules:
        code = rule["code"]
        if (code in texts if type(code) is str else code in codes):
            matched.append(rule)
    return matched


class Scale:
    def __init__(self, low, high=10, *, unit="m"):
        self.low, self._high, self.unit = low, high, unit

    def clamp(self, value):
        if self.unit == "":
            return "no unit"
        if self.low > self._high:
            return "upside down"
        return max(self.low, min(self._high, value))


def spin(n):
    while n > 5:
        pass
    return n
"""

# Runs in a process of its own, as a worker does: records nothing, replays, generates.
DRIVER = """
import json, os, sys
sys.path.insert(0, {harness!r})
from whet_harness import codec, replay, worker
tree, name, options, calls = {tree!r}, {name!r}, {options!r}, {calls!r}
made = worker.Worker(0, 1)
made.load(json.dumps(dict(target=dict(name=name, file="m.py", line=1, end_line=1), tree=tree, paths=[tree])).encode())
inputs = [b"t\\x04" + b"".join(codec.encode(part, inputs=True).bytes for part in (args, (), (), None)) for args in calls]
sys.stdout.buffer.write(made.answer(8, replay.pack([json.dumps(options).encode()] + inputs)))
"""


class Generating(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE})
        self.addCleanup(self.project.close)

    def generate(self, name, calls, **options):
        options = dict({"seed": 3, "cases": 150, "seconds": 20, "call_seconds": 0.2}, **options)
        script = DRIVER.format(harness=HARNESS, tree=self.project.tree, name=name, options=options, calls=calls)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, cwd=self.project.tree)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        (length,) = struct.unpack_from("<I", done.stdout)
        return casefile.parse(done.stdout[8 + length :]), json.loads(done.stdout[4 : 4 + length])

    def test_what_is_looked_up_inside_another_argument_is_found_there_whatever_its_type(self):
        rules = [{"code": code, "percent": 5} for code in ("a", "b", "c")]
        for seed in range(3):
            _, summary = self.generate("m:match_all", [(rules, ["a", "x"]), (rules[:2], ["y"])], seed=seed, cases=60)
            self.assertEqual(summary["branches"]["unreached"], [])

    def test_every_branch_is_found_from_constants_sizes_and_types(self):
        cases, summary = self.generate("m:grade", [([3, 4],)])
        missing = [arc for arc in summary["branches"]["unreached"] if "line 14" not in arc]
        self.assertEqual(missing, [])
        self.assertLessEqual({"Broken", "returns"}, {case.header["ends"] for case in cases})

    def test_what_rounds_up_to_the_next_unit_is_tried(self):
        context = relatives.Context({}, [])
        tried = {kind: {value for name, value in relatives.relatives(kind(12_345), context) if name == "below a power"} for kind in (int, float)}
        self.assertEqual(tried, {int: {99_999, 2**20 - 1}, float: {99_980.0}})

    def test_an_object_is_made_anew_by_its_constructor(self):
        sys.path.insert(0, self.project.tree)
        self.addCleanup(sys.path.remove, self.project.tree)
        scale_class = importlib.import_module("m").Scale
        self.addCleanup(sys.modules.pop, "m")
        context = relatives.Context({}, [])
        scale = scale_class(1, unit="cm")
        self.assertEqual(remade.arguments(scale), {"low": 1, "high": 10, "unit": "cm"})
        changed = [remade.remade(scale, parameter, position, context) for parameter, _, position in remade.changes(scale, context)]
        self.assertTrue(any(one.low > one._high for one in changed))
        self.assertTrue(any(one.unit == "" for one in changed))
        self.assertTrue(all(type(one.low) is int and type(one._high) is int for one in changed))
        self.assertIsNone(remade.arguments(object()))
        del scale.low
        self.assertIsNone(remade.arguments(scale))

    def test_the_interpreters_own_errors_on_unobserved_types_do_not_count(self):
        cases, summary = self.generate("m:grade", [([3, 4],)])
        self.assertTrue(summary["dropped"]["the interpreter's own error on a type that was not observed"])
        self.assertEqual([case.header for case in cases if case.header["types"].startswith("(NoneType")], [])

    def test_equal_seeds_give_equal_cases_and_recorded_inputs_are_not_repeated(self):
        calls = [([3, 4],), ([1.5],)]
        first, _ = self.generate("m:grade", calls, cases=40)
        again, _ = self.generate("m:grade", calls, cases=40)
        other, _ = self.generate("m:grade", calls, cases=40, seed=4)
        self.assertEqual([case.input for case in first], [case.input for case in again])
        self.assertNotEqual([case.input for case in first], [case.input for case in other])
        self.assertEqual(len({case.input for case in first}), len(first))

    def test_what_texts_are_mistaken_in_is_tried_in_one_text_each(self):
        cases, _ = self.generate("m:lines", [("a\nb",)], cases=60)
        both = [case for case in cases if "\u2028".encode() in case.input and b"\x0c" in case.input and b"\r" in case.input]
        self.assertTrue(both)

    def test_a_match_becomes_what_its_pattern_finds_elsewhere(self):
        found = re.search("(a+)(b)?", "caab", re.I)
        made = [match for _, match in relatives.relatives(found, relatives.Context()) if isinstance(match, re.Match)]
        self.assertTrue(all(match.re is found.re for match in made))
        self.assertEqual({match.group(2) is None for match in made}, {True, False})
        self.assertTrue(any(match.group(1).isupper() for match in made))

    def test_an_argument_is_put_among_the_elements_of_another_with_what_has_no_hash_beside_it(self):
        cases, _ = self.generate("m:place", [("a", ["b", "c"]), ("b", ["b"])])
        callers = [case.header["caller"] for case in cases]
        for how in ("beside what has no hash", "after an equal of another type"):
            self.assertTrue(any("member" in caller and how in caller for caller in callers), callers)

    def test_a_default_that_is_an_object_is_replaced_by_nothing_of_another_protocol(self):
        cases, _ = self.generate("m:place", [("a", ["b", "c"]), ("b", ["b"])])
        self.assertEqual([case.header["types"] for case in cases if "source" in case.header["types"]], [])

    def test_a_candidates_own_errors_on_unobserved_types_count(self):
        cases, _ = self.generate("m:grade", [([3, 4],)], candidate=True)
        self.assertIn("TypeError", {case.header["ends"] for case in cases})

    def test_a_call_that_does_not_end_is_dropped_and_said(self):
        cases, summary = self.generate("m:spin", [(3,)], cases=20, call_seconds=0.02)
        self.assertTrue(summary["dropped"]["the baseline takes too long"])
        self.assertTrue(cases)

    def test_kinds_of_relatives_are_all_represented(self):
        cases, _ = self.generate("m:grade", [([3, 4],), ([0.5, 3],)])
        tried = " ".join(case.header["caller"] for case in cases)
        for kind in ("subclass", "equal, of another type", "one twice", "each twice", "near", "odd element"):
            self.assertIn(kind, tried)


class Constants(unittest.TestCase):
    def test_numbers_come_with_neighbours_and_named_values_count(self):
        found = constants(["def f(x):\n    return x > 2**10 or x in KNOWN or isinstance(x, (str, bytes))\n"], {"KNOWN": ("ab", b"c")})
        self.assertLessEqual({1023, 1024, 1025}, set(found["numbers"]))
        self.assertIn("ab", found["texts"])
        self.assertIn(b"c", found["bytes"])
        self.assertEqual(found["types"], ["str", "bytes"])

    def test_a_method_body_that_is_indented_is_read(self):
        self.assertIn(41, constants(["    def m(self):\n        return 41\n"])["numbers"])


if __name__ == "__main__":
    unittest.main()
