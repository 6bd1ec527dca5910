import json
import struct
import subprocess
import sys
import typing
import unittest

from support import HARNESS, Project
from whet_harness import casefile, decode, shapes

MODULE = """
import functools
from typing import List, Optional


class Point:
    pass


def pick(values: List[int], default: Optional[str] = None, *, point=None):
    return values[0] if values else default


def lazily(values):
    yield from values


def loud(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)

    return inner


@loud
def closed(n):
    return n
"""

# Runs in a process of its own, as a worker does, and answers one operation.
DRIVER = """
import json, sys
sys.path.insert(0, {harness!r})
from whet_harness import codec, replay, worker
made = worker.Worker(0, 1)
site = dict(name={name!r}, file="m.py", line=1, end_line=1)
made.load(json.dumps(dict(target=site, tree={tree!r}, paths=[{tree!r}])).encode())
import m
def call(args, keywords):
    return b"t\\x04" + b"".join(codec.encode(part, inputs=True).bytes for part in (args, tuple(keywords.items()), (), None))
inputs = [call(*eval(text, vars(m))) for text in {calls!r}]
values = [codec.encode(value, inputs=True).bytes for value in {values!r}]
sys.stdout.buffer.write(made.answer({operation}, replay.pack([json.dumps({options!r}).encode()] + inputs + values)))
"""


class Shapes(unittest.TestCase):
    def test_values_are_described_by_kind_and_extent(self):
        self.assertEqual(shapes.of_value(True), {"bool": {}})
        self.assertEqual(shapes.of_value([3, 1, None]), {"list": {"of": {"int": {"low": 1, "high": 3}, "none": {}}, "longest": 3}})
        self.assertEqual(shapes.of_value("bab"), {"str": {"characters": "ab", "longest": 3}})
        pair = shapes.merged(shapes.of_value((1, "a")), shapes.of_value((5, None)))
        self.assertEqual(pair["tuple"]["items"][0], {"int": {"low": 1, "high": 5}})
        self.assertEqual(sorted(pair["tuple"]["items"][1]), ["none", "str"])
        uneven = shapes.merged(shapes.of_value((1,)), shapes.of_value((1.5, 2)))
        self.assertEqual((sorted(uneven["tuple"]["of"]), uneven["tuple"]["longest"]), (["float", "int"], 2))

    def test_dictionaries_in_containers_are_records_whose_keys_may_be_missing(self):
        (record,) = shapes.of_value([{"id": 1, "name": "a"}, {"id": 4}])["list"]["of"].values()
        self.assertEqual(record["members"]["id"], {"int": {"low": 1, "high": 4}})
        self.assertEqual((sorted(record["members"]), record["optional"]), (["id", "name"], ["name"]))
        self.assertEqual(sorted(shapes.of_value({"id": 1})), ["dict"])
        self.assertEqual(sorted(shapes.of_value([{}, {1: 2}])["list"]["of"]), ["dict"])

    def test_what_is_not_plain_is_opaque_by_name_however_deep(self):
        class Odd(int):
            pass

        self.assertEqual(shapes.opaque_name(shapes.of_value({"a": [Odd(3)]})), Odd.__qualname__)
        self.assertIsNone(shapes.opaque_name(shapes.of_value({"a": ([b""], {1.5}, frozenset("x"))})))

    def test_annotations_say_what_they_allow_or_nothing(self):
        self.assertEqual(sorted(shapes.of_annotation(typing.Optional[typing.Dict[str, typing.List[float]]])), ["dict", "none"])
        self.assertEqual(shapes.of_annotation(typing.Tuple[int, ...]), {"tuple": {"of": {"int": {"low": 0, "high": 0}}, "longest": 0}})
        self.assertEqual(list(shapes.of_annotation(typing.Sequence[bytes])), ["list"])
        for unknown in (typing.Any, list, typing.List[typing.Any], typing.Callable[[], int], shapes.Form):
            self.assertIsNone(shapes.of_annotation(unknown), unknown)


class Working(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE})
        self.addCleanup(self.project.close)

    def ask(self, operation, name, calls, options=None, values=()):
        script = DRIVER.format(
            harness=HARNESS, tree=self.project.tree, name=name, operation=operation, calls=calls, options=options or {}, values=list(values)
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, cwd=self.project.tree)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def parts(self, answer):
        (length,) = struct.unpack_from("<I", answer)
        return json.loads(answer[4 : 4 + length]), casefile.parse(answer[8 + length :])

    def test_the_commonest_form_is_described_with_its_annotations_and_without_what_cannot_be_made(self):
        calls = ["(([1, 2], 'x'), {'point': Point()})", "(([], None), {'point': Point()})", "(([7],), {})"]
        described = json.loads(self.ask(5, "m:pick", calls))["shapes"]
        self.assertEqual(len(described), 2, "the point is left as it was")
        self.assertEqual(described[0], {"list": {"of": {"int": {"low": 0, "high": 7}}, "longest": 2}})
        self.assertEqual(sorted(described[1]), ["none", "str"])

    def test_proposed_values_are_tried_in_recorded_calls(self):
        options = {"seed": 1, "cases": 20, "seconds": 20, "proposed": 2}
        values = [([8, 9], "proposed"), ([], "given")]
        _, cases = self.parts(self.ask(8, "m:pick", ["(([1, 2], 'x'), {'point': Point()})"], options, values))
        drawn = [case for case in cases if case.header["caller"] == "generated: hypothesis"]
        texts = [decode.Decoder(case.input).run().root[0] for case in drawn if b"Point" not in case.input]
        self.assertEqual(texts, [])
        self.assertEqual(len(drawn), 2)
        self.assertTrue(all(b"proposed" in case.input or b"given" in case.input for case in drawn))

    def test_the_search_says_why_it_does_not_run(self):
        options = {"source": MODULE, "seconds": 1.0, "path": "/nowhere"}
        reasons = {
            ("m:lazily", "(([1],), {})"): "lazily gives its results one by one",
            ("m:pick", "(([1], 'x'), {'point': Point()})"): "argument point is a Point",
            ("m:closed", "((1,), {})"): "closed is wrapped",
        }
        for (name, call), reason in reasons.items():
            summary, cases = self.parts(self.ask(10, name, [call], options))
            self.assertEqual((summary["ran"], summary["reason"], cases), (False, reason, []))
        summary, _ = self.parts(self.ask(10, "m:pick", ["(([1],), {})"], options))
        self.assertIn("CrossHair can't be imported", summary["reason"])


if __name__ == "__main__":
    unittest.main()
