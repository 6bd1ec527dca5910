import importlib
import sys
import unittest

from support import Project
from whet_harness import followed

MODULE = """
import math


class Door:
    def __init__(self, keys):
        self.keys = keys

    def opens(self, key, tries=1):
        '''Whether it opens.'''
        for known in self.keys:
            if known == key and not fits(known, tries):
                return False
        return key in self.keys and any(len(one) > 2 for one in self.keys) or self.knock(key)

    def knock(self, key):
        return super().__repr__().startswith(key)


def fits(known, tries):
    try:
        return math.sqrt(tries) < 3 if known else None
    except ValueError:
        return not tries < -5


def untouched(value):
    return value > 1


def counted(rows):
    return [row for row in rows if row > 2]
"""


class Followed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = Project({"doors.py": MODULE})
        sys.path.insert(0, cls.project.tree)
        cls.doors = importlib.import_module("doors")

    @classmethod
    def tearDownClass(cls):
        sys.path.remove(cls.project.tree)
        del sys.modules["doors"]
        cls.project.close()

    def seen(self, *arguments, **options):
        watched = followed.Followed(self.doors.Door.opens)
        watched.on()
        try:
            self.result = self.doors.Door(*arguments[:1]).opens(*arguments[1:], **options)
        finally:
            watched.off()
        return watched.take()

    def test_copies_do_the_same_and_are_taken_away(self):
        code = self.doors.Door.opens.__code__
        cases = [(["abc"], "abc"), (["abc"], "abc", 100), (["abc"], "abc", -1), (["abc"], "abc", -9), (["ab"], "x"), ([], "<doors"), (["", "b"], "")]
        for case in cases:
            plain = self.doors.Door(case[0]).opens(*case[1:])
            self.seen(*case)
            self.assertEqual((self.result, type(self.result)), (plain, type(plain)))
        self.assertIs(self.doors.Door.opens.__code__, code)

    def test_what_raises_raises_the_same_at_the_same_line(self):
        def failure(call):
            try:
                call()
            except TypeError as error:
                trace = error.__traceback__
                while trace.tb_next is not None and trace.tb_next.tb_frame.f_code.co_filename.endswith("doors.py"):
                    trace = trace.tb_next
                return str(error), trace.tb_lineno
            self.fail("nothing is raised")

        plain = failure(lambda: self.doors.Door(["a"]).opens("a", "x"))
        self.assertEqual(failure(lambda: self.seen(["a"], "a", "x")), plain)

    def test_helpers_are_followed_and_others_are_not(self):
        watched = followed.Followed(self.doors.Door.opens)
        self.assertEqual({function.__name__ for function, _, _ in watched.copies}, {"opens", "knock", "fits"})

    def test_other_ways_are_other_ways(self):
        ways = {self.seen(*case).ways for case in [(["abc"], "abc"), (["abc"], "x"), (["abc"], "abc", 100), (["abc"], "abc", -1)]}
        self.assertEqual(len(ways), 4)
        # Numbers of turns count by their magnitude.
        self.assertEqual(self.seen(["x", "y", "u", "v", "abc"], "z").ways, self.seen(["x", "y", "u", "v", "w", "abc"], "z").ways)
        self.assertNotEqual(self.seen(["x", "abc"], "z").ways, self.seen(["x", "y", "v", "abc"], "z").ways)
        self.assertEqual(self.seen(["x", "y", "u", "abc"], "z").steps, self.seen(["x", "y", "abc"], "z").steps)
        self.assertEqual(self.seen(["abc"], "x").turns, 3)

    def test_equals_go_a_way_of_their_own(self):
        self.assertNotEqual(self.seen(["abc"], "abc", 9).steps, self.seen(["abc"], "abc", 16).steps)
        self.assertEqual(self.seen(["abc"], "abc", 25).steps, self.seen(["abc"], "abc", 16).steps)

    def test_values_that_are_unequal_where_they_are_compared_are_told(self):
        pairs = self.seen(["abc", "b"], "x").pairs
        self.assertIn(("abc", "x"), pairs)
        self.assertIn(("x", "b"), pairs)
        self.assertFalse(any(one == other or type(one) is not type(other) for one, other in pairs))

    def test_a_comprehension_is_followed(self):
        watched = followed.Followed(self.doors.counted)
        watched.on()
        self.assertEqual(self.doors.counted([1, 2, 3]), [3])
        watched.off()
        self.assertEqual(watched.take().pairs, [(1, 2), (3, 2)])


if __name__ == "__main__":
    unittest.main()
