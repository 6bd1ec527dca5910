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


SEEN = []


def note(n):
    SEEN.append(n)
    return len(SEEN)


class Names(set):
    pass


class Counter:
    def __init__(self, start):
        self.now = start
        self.steps = iter([1, 2, 3])
        next(self.steps)

    def step(self, by):
        self.now += by
        return self.now


def adder(by):
    def add(n, times=2):
        return n + by * times if n < 10 else add(n - 10)

    add.kind = "adder"
    return add


def use(step, again, add, match, steps, names, found):
    return [step(2), again(1), add(3), add(14), add.kind, bool(match("ab")), list(steps), sorted(names), type(names).__name__, found.group(1)]
"""

# Freezes a call, builds it twice, makes it, and tells what is left of its stream.
RUN = """
import json, sys

sys.path.insert(0, %r)
from whet_harness import codec, decode, timing, transcripts, worker

file = sys.argv[1]
made = worker.Worker(0, 1)
tree = file[:-len("/m.py")]
made.load(json.dumps({"target": {"name": "m:" + sys.argv[2].rstrip("2"), "file": "m.py", "line": 1, "end_line": 1}, "tree": tree, "paths": [tree]}).encode())
module = sys.modules["m"]
timed = timing.Timing(made.replayer)
specials = transcripts.Specials()


def encoded(*args, state=()):
    encoder = codec.Encoder(None, made.replayer.repository.scan(), True, specials.found)
    parts = []
    for part in (args, (), state, None):
        encoder.encode(part)
        parts.append(encoder.take())
    return b"t\\x04" + b"".join(parts)


def load(*args, state=()):
    form, skeleton, leaves, names, told = timing.unframed(timed.load(timing.framed([encoded(*args, state=state)])))
    return form[0], timing.struct.pack("<II", 0, len(leaves)) + leaves


if sys.argv[2] == "note":
    module.SEEN[:] = range(int(sys.argv[3]))
    _, call = load(7, state=((("g", "m", "SEEN"), module.SEEN),))
    for _ in range(2):
        timed.build(call)
        timed.go(b"")
    print(len(module.SEEN) - int(sys.argv[3]))
    sys.exit()
if sys.argv[2] == "note2":
    inputs = []
    for held in (0, 50, 0):
        inputs.append(encoded(7, state=((("g", "m", "SEEN"), list(range(held))),)))
    parts = timing.unframed(timed.load(timing.framed(inputs)))
    forms, states = parts[::5], parts[4::5]
    timed.skeletons(timing.framed([b"\\0", b"\\2", *inputs[:2], forms[0], b"", b"\\0", forms[1], b"", b"\\1", forms[2], b"", b"\\0"]))
    lengths = []
    for order in ((0, 2, 1, 1), (1, 0), (2,)):
        timed.build(b"".join([timing.struct.pack("<II", case, len(parts[5 * case + 2])) + parts[5 * case + 2] for case in order]))
        timed.go(timing.struct.pack("<%%dI" %% len(order), *range(len(order))))
        lengths.append([value for _, value, _ in timed.kept_outcomes])
        timed.build(b"".join([timing.struct.pack("<II", case, len(parts[5 * case + 2])) + parts[5 * case + 2] for case in order]))
        timed.go(b"")
        lengths[-1].append(len(module.SEEN))
    print(json.dumps([states[0] == states[2], states[0] == states[1], lengths]))
    sys.exit()
if sys.argv[2] == "use":
    counter = module.Counter(5)
    steps = counter.steps
    form, call = load(counter.step, counter.step, module.adder(7), __import__("re").compile("a+b").match, steps, module.Names("xy"), __import__("re").search("a(b+)", "cabb"))
    found, kept = [], set()
    for _ in range(2):
        timed.build(call)
        (args,) = timed.calls
        kept.add(args[-1])
        args[0].__self__.steps = None
        found.append([form, args[0].__self__ is args[1].__self__, args[0].__self__ is not counter, *module.use(*args)])
    # Whoever remembers a match must not meet it again; a changed text stays only where it is found alike.
    told = []
    for text in (b"cabb", b"xabb", b"xaxx"):
        timed.build(call.replace(b"cabb", text))
        told.append([timed.calls[0][-1].string, json.loads(timed.paths(timing.struct.pack("<d", 9.0)))[0] is None])
    print(json.dumps(found + [len(kept), told]))
    sys.exit()
shared = module.Item(3)
stream = specials.make(0, ("stream", [module.Item(1), shared, shared, module.Item(5)], KeyError("end")))
form, call = load(stream, int(sys.argv[3]))
timed.build(call + call)
first, second = timed.calls
items = list(timing._islice(second[0], 3))
timed.build(call)
timed.go(timing.struct.pack("<I", 0))
(kept,) = timing.unframed(timed.kept(b""))
print(json.dumps({
    "form": form,
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

    def call(self, *arguments):
        done = self.project.run(["run.py", self.project.tree + "/m.py", *map(str, arguments)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_functions_methods_and_iterators_are_built_anew_for_each_call(self):
        wanted = [1, True, True, 7, 8, 17, 18, "adder", True, [2, 3], ["x", "y"], "Names", "bb"]
        self.assertEqual(self.call("use"), [wanted, wanted, 2, [["cabb", False], ["xabb", False], ["cabb", True]]])

    def test_state_is_put_back_for_each_sample_unless_it_is_large(self):
        self.assertEqual([self.call("note", size) for size in (0, 100, 30_000)], [1, 1, 2])

    def test_calls_find_the_state_of_their_case_where_cases_have_few(self):
        lengths = [[1, 2, 51, 52, 52], [51, 1, 1], [1, 1]]
        self.assertEqual(self.call("note2"), [True, False, lengths])

    def test_streams_are_built_as_graphs_that_samples_may_change(self):
        found = self.call("pick", 2)
        self.assertEqual(found["form"], 1)
        self.assertEqual(found["numbers"], [1, 3, 3])
        self.assertTrue(found["shared"] and found["apart"])

    def test_what_a_call_leaves_of_a_stream_is_compared(self):
        kept = {most: self.call("pick", most)["kept"] for most in (1, 2, 9)}
        self.assertTrue(all(kept.values()))
        self.assertIn(b"KeyError".hex(), kept[9])
        self.assertEqual(len(set(kept.values())), 3)


if __name__ == "__main__":
    unittest.main()
