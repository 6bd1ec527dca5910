import json
import unittest

from support import HARNESS, Project

MODULE = """
class Item:
    def __init__(self, n):
        self.n = n


def pick(items, most):
    found = []
    for item in items:
        found.append(item.n)
        if len(found) == most:
            break
    return found
"""

# Freezes a call, builds it twice, makes it, and tells what is left of its stream.
RUN = """
import json, sys

sys.path.insert(0, %r)
from whet_harness import codec, decode, timing, transcripts, worker

file = sys.argv[1]
made = worker.Worker(0, 1)
tree = file[:-len("/m.py")]
made.load(json.dumps({"target": {"name": "m:pick", "file": "m.py", "line": 1, "end_line": 1}, "tree": tree, "paths": [tree]}).encode())
module = sys.modules["m"]
specials = transcripts.Specials()
shared = module.Item(3)
stream = specials.make(0, ("stream", [module.Item(1), shared, shared, module.Item(5)], KeyError("end")))
encoder = codec.Encoder(None, made.replayer.repository.scan(), True, specials.found)
parts = []
for part in ((stream, int(sys.argv[2])), (), (), None):
    encoder.encode(part)
    parts.append(encoder.take())
timed = timing.Timing(made.replayer)
form, skeleton, leaves, names = timing.unframed(timed.load(timing.framed([b"t\\x04" + b"".join(parts)])))
call = timing.struct.pack("<II", 0, len(leaves)) + leaves
timed.build(call + call)
first, second = timed.calls
items = list(timing._islice(second[0], 3))
timed.build(call)
timed.go(timing.struct.pack("<I", 0))
(kept,) = timing.unframed(timed.kept(b""))
print(json.dumps({
    "form": form[0],
    "numbers": [item.n for item in items],
    "shared": items[1] is items[2],
    "apart": next(first[0]) is not items[0],
    "kept": kept.hex(),
}))
""" % HARNESS


class Timed(unittest.TestCase):
    def setUp(self):
        self.project = Project({"m.py": MODULE, "run.py": RUN})
        self.addCleanup(self.project.close)

    def call(self, most):
        done = self.project.run(["run.py", self.project.tree + "/m.py", str(most)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_streams_are_built_as_graphs_that_samples_may_change(self):
        found = self.call(2)
        self.assertEqual(found["form"], 1)
        self.assertEqual(found["numbers"], [1, 3, 3])
        self.assertTrue(found["shared"] and found["apart"])

    def test_what_a_call_leaves_of_a_stream_is_compared(self):
        kept = {most: self.call(most)["kept"] for most in (1, 2, 9)}
        self.assertTrue(all(kept.values()))
        self.assertIn(b"KeyError".hex(), kept[9])
        self.assertEqual(len(set(kept.values())), 3)


if __name__ == "__main__":
    unittest.main()
