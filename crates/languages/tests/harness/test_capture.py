import unittest

import support  # noqa: F401 - finds the harness
from whet_harness import capture


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


if __name__ == "__main__":
    unittest.main()
