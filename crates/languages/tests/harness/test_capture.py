import enum
import unittest

import support  # noqa: F401 - finds the harness
from whet_harness import capture, transcripts


def raised(action):
    try:
        action()
    except Exception as error:
        return error
    raise AssertionError("nothing is raised")


class Raised(unittest.TestCase):
    def test_two_types_without_an_order_are_told_whichever_was_asked_first(self):
        told = [raised(lambda: 1 < "a"), raised(lambda: "a" >= 1), raised(lambda: sorted(["a", 1])), raised(lambda: max("a", 1))]
        self.assertEqual({capture._unordered(error) for error in told}, {"int str"})
        self.assertEqual(capture._unordered(raised(lambda: None < "a")), "NoneType str")

    def test_no_other_error_tells_of_an_order(self):
        others = [raised(lambda: 1 + "a"), raised(lambda: [][0]), TypeError(), TypeError(1), ValueError("'<' not supported between instances of 'a' and 'b'")]
        self.assertEqual({capture._unordered(error) for error in others}, {""})

    def test_an_int_that_c_has_no_room_for(self):
        self.assertTrue(capture._is_beyond_c(raised(lambda: range(10**30)[10**29] and [0] * 10**30)))
        self.assertFalse(capture._is_beyond_c(raised(lambda: [][0])))


class State(enum.Enum):
    NEW = 1
    DONE = 2


class Event:
    def __init__(self, **held):
        self.__dict__.update(held)


class Changed(unittest.TestCase):
    """What a function that changes its argument changes."""

    def test_an_object_changes_by_yes_or_no_first_then_by_a_choice_then_by_a_value(self):
        told = []
        for event in (Event(name="a", state=State.NEW, stopped=False), Event(name="a", state=State.DONE), Event(other=None, amount=1), Event(other=None)):
            transcripts.change(event)
            told.append(vars(event))
        self.assertEqual(told[0], {"name": "a", "state": State.NEW, "stopped": True})
        self.assertEqual(told[1:], [{"name": "a", "state": State.NEW}, {"other": None, "amount": 2}, {"other": None}])

    def test_a_container_changes_and_what_can_not_change_stays(self):
        some = [1, 2]
        for value in (some, 7, "a", None):
            transcripts.change(value)
        self.assertEqual(some, [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
