import collections.abc
import dataclasses
import typing
import unittest

from whet_harness import relatives
from whet_harness.annotated import Annotated, conforms
from whet_harness.plain import Int, List, Str


class Conforms(unittest.TestCase):
    def check(self, hint, inside, outside):
        for value in inside:
            self.assertTrue(conforms(value, hint), (value, hint))
        for value in outside:
            self.assertFalse(conforms(value, hint), (value, hint))

    def test_plain_types_and_what_is_wider(self):
        self.check(int, [1, True, Int(3)], [1.0, "1", None])
        self.check(float, [1.5, 2], ["x"])
        self.check(str, ["", Str("a")], [b"", None])
        self.check(bytes, [b"", bytearray(b"x")], ["x"])
        self.check(typing.Optional[int], [None, 1], [1.0])
        self.check(typing.Literal["a", 1], ["a", 1], ["b", True])

    def test_containers_at_any_depth(self):
        self.check(typing.List[int], [[], [1, 2], List([1])], [[1.0], (1,), [[1]], [*range(400), 1.0]])
        self.check(typing.Dict[str, typing.List[int]], [{}, {"a": [1]}], [{"a": [None]}, {1: [1]}, []])
        self.check(typing.Tuple[int, ...], [(), (1, 2)], [(1, "a"), [1]])
        self.check(typing.List[typing.Tuple[float, str, object]], [[(1, "a", [])], [(0.5, "", None)]], [["a"], [(1, "a")], [[1, "a", 2]]])
        self.check(typing.Iterable[typing.Iterable[str]], ["ab", [["a"]], {"a": 1}], [[1], [["a", 1]]])

    def test_streams_are_for_who_asks_for_no_more_than_iteration(self):
        stream = relatives.OneShot([1, 2])
        self.check(typing.Iterable[int], [stream, [1]], [relatives.OneShot(["a"])])
        self.check(typing.List[int], [], [stream])
        self.check(typing.Iterable, [stream, [1]], [1])
        self.check(typing.Sequence[int], [range(3)], [stream])

    def test_what_is_not_known_excludes_nothing(self):
        self.check(typing.Any, [1, None], [])
        self.check(typing.TypeVar("T"), [1], [])
        self.check(typing.NewType("Name", str), ["a"], [1])
        self.check(collections.abc.Callable, [len, relatives.Script("returns", (1,))], [1])


class Made:
    """An input, as far as annotations look at it."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    @staticmethod
    def seen(value):
        return value


class Room:
    def __init__(self, name: str, size: int = 3):
        self.name, self._size = name, size


@dataclasses.dataclass
class Seat:
    row: int


def book(room, seats: "typing.List[Seat]", until: int = None, by: "Unknown" = 1):
    pass


def plain(values: "typing.List[int]"):
    pass


class Promises(unittest.TestCase):
    def test_functions_and_constructors_promise(self):
        known = Annotated(plain)
        self.assertTrue(known.holds(Made([1])))
        self.assertFalse(known.holds(Made([1.0])))
        self.assertFalse(known.holds(Made(values=["a"])))
        of_objects = Annotated(lambda room, seats: None)
        self.assertTrue(of_objects.holds(Made(Room("a"), [Seat(1)])))
        self.assertFalse(of_objects.holds(Made(Room("a", 0.0), [])))
        self.assertFalse(of_objects.holds(Made(Room(None), [])))
        self.assertFalse(of_objects.holds(Made(Room("a"), [Seat("b")])))

    def test_a_promise_that_recorded_values_break_is_none(self):
        known = Annotated(plain)
        known.learn(Made([1, "a"]))
        self.assertTrue(known.holds(Made([None])))

    def test_an_annotation_that_is_not_there_excludes_nothing(self):
        known = Annotated(book)
        self.assertTrue(known.holds(Made(None, [1], "x", None)))


class Desk:
    def __init__(self):
        self._rules = []
        self._names = []

    def rule(self, source, target: int = 0):
        self._rules.append((source, target))

    def name(self, name: str):
        self._names.append(name)


class Held(unittest.TestCase):
    def setUp(self):
        self.known = Annotated(book)
        self.known.learn(Made(self.desk([("a", 1)], ["x"])))

    @staticmethod
    def desk(rules, names):
        desk = Desk()
        desk._rules, desk._names = rules, names
        return desk

    def test_tuples_in_objects_keep_their_form(self):
        self.assertTrue(self.known.holds(Made(self.desk([("b", 2), ("a", 1)], []))))
        self.assertFalse(self.known.holds(Made(self.desk([("b", 2), ("a", 1, 3)], []))))
        self.assertFalse(self.known.holds(Made([self.desk([()], [])])))
        # Nothing is known of tuples among the names, nor of those that are no object's.
        self.assertTrue(self.known.holds(Made(self.desk([], []), [(1, 2, 3)])))

    def test_what_methods_put_into_lists_keeps_their_annotations(self):
        self.assertFalse(self.known.holds(Made(self.desk([("b", None)], []))))
        self.assertTrue(self.known.holds(Made(self.desk([(None, 5)], []))))
        self.assertFalse(self.known.holds(Made(self.desk([], ["y", None]))))
        self.known.learn(Made(self.desk([], [None])))
        self.assertTrue(self.known.holds(Made(self.desk([], ["y", None]))))


if __name__ == "__main__":
    unittest.main()
