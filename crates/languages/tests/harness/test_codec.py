"""The canonical encoding: what is rebuilt is encoded alike, and what differs is told apart."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import operator
import pathlib
import random
import re
import threading
import unittest
import uuid
import zoneinfo

from whet_harness import codec
from whet_harness.decode import Decoder


class Node:
    def __init__(self, value):
        self.value = value
        self.me = self


class Slotted:
    __slots__ = ("a", "b", "__weakref__")


class Child(Slotted):
    __slots__ = ("c",)


class Listed(list):
    pass


class Text(str):
    pass


class Problem(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)
        self.two = two


class Colour(enum.Enum):
    RED = 1


class Flags(enum.Flag):
    A = 1
    B = 2


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: int
    b: list


class Liar:
    """Whatever it is asked, it lies; and it counts who asks."""

    asked = 0

    def _lie(self, *_):
        Liar.asked += 1
        return True

    __eq__ = __ne__ = __lt__ = __len__ = __iter__ = __bool__ = __getattr__ = __getitem__ = _lie
    __reduce__ = __reduce_ex__ = __repr__ = __str__ = _lie

    def __hash__(self):
        Liar.asked += 1
        return 1

    @property
    def __class__(self):
        Liar.asked += 1
        return int


SENTINEL = object()
CURRENT = threading.local()


class Settings(threading.local):
    asked = 0

    def __init__(self):
        Settings.asked += 1
        self.depth = 0


def helper(x):
    return x


def plain_values():
    slotted = Child()
    slotted.a, slotted.c = [1], "c"
    listed = Listed([1, 2])
    listed.itself = listed
    problem = Problem(1, 2)
    problem.__cause__ = ValueError("why")
    nan = float("nan")
    return [
        0, 1, -1, 127, 128, -128, -129, 1023, 1024, 10**40, -(10**40), 1.5, -0.0, nan, [nan, nan, float("inf")], 1j, True, None, ..., NotImplemented,
        "", "a\u00e9\ud800\U0001f600", b"", b"x", bytearray(b"y"), (), (1, (2,)), [], [[]], {}, {1: 2, "a": [1]}, set(), {3, 1, 2}, frozenset("abc"),
        {(1, "a"), (2, "b")}, Node(1), slotted, listed, problem, OSError(2, "no", "file"), KeyError("k"), StopIteration(3),
        UnicodeDecodeError("utf8", b"x", 0, 1, "r"), Colour.RED, Flags.A | Flags.B, Frozen(1, [2]), Point(1, [2]), Text("t"),
        datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone.utc), datetime.timedelta(1, 2, 3), datetime.date(2020, 1, 1), datetime.time(1),
        decimal.Decimal("1.10"), decimal.Decimal("-0"), decimal.Decimal("NaN"), fractions.Fraction(1, 3), collections.deque([1, 2], 5),
        collections.OrderedDict(b=1, a=2), collections.Counter("aab"), collections.defaultdict(list, {1: [2]}), pathlib.PurePosixPath("/a/b"),
        uuid.UUID(int=5), re.compile("a+", re.I), array.array("d", [1.0]), range(3), slice(1, None, 2), io.StringIO("abc"), io.BytesIO(b"abc"),
        len, str.lower, "abc".upper, operator.itemgetter(1, 2), operator.attrgetter("a.b"), operator.methodcaller("x", 1, k=2),
        functools.partial(int, base=2), Node, int, type(None), codec, Node(2).__init__, helper, iter([1, 2, 3]), zip([1], [2]), enumerate("ab"),
        random.Random(3), threading.Lock(), threading.RLock(), memoryview(b"abc"), object, property(helper), collections.ChainMap({1: 2}), SENTINEL,
    ]


def rebuilt(value):
    return Decoder(codec.encode(value, inputs=True).bytes).run().root


def outcome(value):
    return codec.encode(value).bytes


class CodecTest(unittest.TestCase):
    def test_what_is_rebuilt_is_encoded_alike(self):
        for value in plain_values():
            with self.subTest(repr(value)[:60]):
                once = codec.encode(value, inputs=True)
                decoder = Decoder(once.bytes).run()
                self.assertEqual(codec.encode(decoder.root, inputs=True).bytes, once.bytes)
                self.assertEqual(len(decoder.objects), len(once.originals))
                self.assertEqual(type(decoder.root), type(value))
                if not isinstance(value, type(iter([]))) and type(value) not in (zip, enumerate):
                    self.assertEqual(codec.encode(value).opaque, [])

    def test_what_differs_is_told_apart(self):
        shared = []
        pairs = [
            (1, True), (1, 1.0), (0.0, -0.0), ("1", b"1"), ([], ()), ([1], (1,)), ({1: 2, 3: 4}, {3: 4, 1: 2}), ([shared, shared], [[], []]),
            (Listed(), []), (Text("a"), "a"), (Point(1, 2), (1, 2)), (collections.OrderedDict(a=1), {"a": 1}), (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
            (collections.deque([1], 2), collections.deque([1], 3)), (ValueError("a"), ValueError("b")), (ValueError("a"), TypeError("a")),
            (frozenset([1]), {1}), (bytearray(b"a"), b"a"), (re.compile("a"), re.compile("a", re.I)), (float("inf"), float("nan")),
            (range(0), range(0, 0, 2)), (Colour.RED, 1), (Flags.A, Flags.B), (datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1)),
        ]
        for one, other in pairs:
            with self.subTest("%r %r" % (one, other)):
                self.assertNotEqual(outcome(one), outcome(other))

    def test_an_explicit_cause_and_an_attribute_of_an_exception_count(self):
        plain, caused, marked = ValueError(1), ValueError(1), ValueError(1)
        caused.__cause__ = KeyError(2)
        marked.extra = 1
        self.assertEqual(len({outcome(plain), outcome(caused), outcome(marked)}), 3)

    def test_implicit_context_and_traceback_do_not_count(self):
        try:
            try:
                raise KeyError(1)
            except KeyError:
                raise ValueError(2)
        except ValueError as error:
            self.assertEqual(outcome(error), outcome(ValueError(2)))

    def test_the_order_of_a_set_comes_of_its_elements(self):
        self.assertEqual(outcome({"a", "b", "c", 3, (1, 2)}), outcome({(1, 2), "c", 3, "b", "a"}))

    def test_no_method_of_what_is_encoded_is_called(self):
        Liar.asked = 0
        value = [Liar(), {"k": Liar()}, (Liar(),)]
        data = codec.encode(value, inputs=True).bytes
        Decoder(data).run()
        outcome(value)
        self.assertEqual(Liar.asked, 0)

    def test_sharing_cycles_and_identical_nans_are_rebuilt(self):
        nan = float("nan")
        inner = [1]
        value = [inner, inner, nan, [nan]]
        value.append(value)
        made = rebuilt(value)
        self.assertIs(made[0], made[1])
        self.assertIs(made[4], made)
        self.assertIn(made[2], made[3])

    def test_deep_nesting_needs_no_stack(self):
        deep = None
        for _ in range(50_000):
            deep = [deep]
        made = rebuilt(deep)
        depth = 0
        while made is not None:
            made, depth = made[0], depth + 1
        self.assertEqual(depth, 50_000)

    def test_a_closure_is_rebuilt_with_its_cells_and_defaults(self):
        base = 3

        def add(x, y=4, *, z=5):
            return base + x + y + z

        made = rebuilt(add)
        self.assertEqual(made(1), add(1))
        self.assertEqual((made.__name__, made.__qualname__), (add.__name__, add.__qualname__))

    def test_a_module_level_sentinel_stays_itself(self):
        self.assertIs(rebuilt((SENTINEL,))[0], SENTINEL)

    def test_what_cannot_be_seen_into_is_opaque_and_named(self):
        with open(__file__) as file:
            found = codec.encode([file])
        self.assertEqual(found.opaque, ["_io.TextIOWrapper"])
        with self.assertRaises(codec.Opaque):
            codec.encode((x for x in ()), inputs=True)

    def test_what_a_thread_local_holds_in_the_calling_thread_is_its_content(self):
        settings = Settings()
        settings.depth, CURRENT.locale = 3, ["de"]
        threading.Thread(target=lambda: vars(settings).update(depth=9, other=1)).start()
        asked = Settings.asked
        made = rebuilt((settings, settings, CURRENT))
        self.assertEqual((vars(made[0]), made[1] is made[0], vars(made[2])), ({"depth": 3}, True, {"locale": ["de"]}))
        self.assertEqual(Settings.asked, asked)
        self.assertNotEqual(outcome(made[2]), outcome(threading.local()))

    def test_a_module_level_thread_local_is_filled_again_in_place(self):
        table = codec.Globals()
        table.scan([__import__("sys").modules[__name__]], force=True)
        CURRENT.locale = "fr"
        data = codec.encode([CURRENT], inputs=True, globals_=table).bytes
        CURRENT.locale, CURRENT.more = "de", 1
        self.assertIs(Decoder(data).run().root[0], CURRENT)
        self.assertEqual(vars(CURRENT), {"locale": "fr"})

    def test_what_follows_a_patched_builtin_is_still_encoded(self):
        import builtins

        before, real = outcome([1, {2}]), builtins.len
        builtins.len = lambda value: 0
        try:
            after = outcome([1, {2}])
        finally:
            builtins.len = real
        self.assertEqual(before, after)

    def test_numbers_go_on_over_encodings(self):
        numbering, shared = codec.Numbering(), [1]
        codec.encode([shared], numbering=numbering)
        again = codec.encode([shared], numbering=numbering).bytes
        self.assertIn(b"K\x01L", again)

    def test_a_tree_of_xml_is_rebuilt_with_what_it_shares(self):
        from xml.etree import ElementTree

        root = ElementTree.fromstring('<a x="1">one<b/>two<c><b y="2"/></c></a>')
        root.append(root[0])
        again = rebuilt(root)
        self.assertEqual(ElementTree.tostring(again), ElementTree.tostring(root))
        self.assertIs(again[0], again[2])
        # Asking for attributes that are not there makes their dictionary.
        self.assertEqual(root[0].attrib, {})
        self.assertEqual(outcome(root), outcome(again))
        before = outcome(root)
        root[1][0].set("y", "3")
        self.assertNotEqual(outcome(root), before)

    def test_a_match_is_found_again_as_it_was_found(self):
        word = re.compile("(?P<first>[a-z])([a-z]*)|(-)")
        text = "  one -two three"
        for found in (word.match(text, 2), word.match(text, 3), word.search(text), word.search(text, 4, 9), word.fullmatch(text, 11, 16),
                      *word.finditer(text), word.search("-")):
            again = codec.decode(codec.encode(found, inputs=True).bytes).root
            told = [(one.re, one.string, one.pos, one.endpos, one.regs, one.lastindex, one.lastgroup) for one in (found, again)]
            self.assertEqual(told[0], told[1])

    def test_a_cached_function_is_known_by_its_name_alone(self):
        import fnmatch

        found = fnmatch._compile_pattern
        self.assertIs(rebuilt(found), found)
        self.assertEqual(codec.encode(found).opaque, [])
        self.assertEqual(codec.encode(functools.lru_cache(len)).opaque, ["functools._lru_cache_wrapper"])

    def test_a_time_zone_is_its_key(self):
        zone = zoneinfo.ZoneInfo("Europe/Paris")
        self.assertIs(type(rebuilt(zone)), zoneinfo.ZoneInfo)


if __name__ == "__main__":
    unittest.main()
