import datetime
import decimal
import enum
import fractions
import importlib
import sys
import unittest

from support import Project
from whet_harness import given, inputs, library, relatives

MODULE = """
KNOWN = {"a": 1}
CONSTANT = {"b": 2}


def define(name, value):
    KNOWN[name] = value


class Meter:
    def __init__(self, unit, checked):
        if checked < 0:
            raise ValueError(checked)
        self.unit = unit
        self.checked = checked
        self.readings = []
        self.sorted = []
        self.count = 0
        self.limit = None

    def add(self, value, *more):
        self.readings.append(value)
        self.readings.extend(more)
        self.sorted.append(value)
        self.sorted.sort()
        self.count += 1

    def keep(self, limit):
        self.limit = limit

    def rounded(self, limit):
        limit = round(limit)
        self.rounding = limit

    def last(self):
        values = self.readings
        return values[-1:] if self.limit is None else values[-self.limit :]


class Stack(Meter):
    def pop_all(self):
        taken = self.readings
        taken.clear()
"""


class Given(unittest.TestCase):
    def setUp(self):
        self.project = Project({"meters.py": MODULE})
        self.addCleanup(self.project.close)
        sys.path.insert(0, self.project.tree)
        self.addCleanup(sys.path.remove, self.project.tree)
        self.module = importlib.import_module("meters")
        self.addCleanup(sys.modules.pop, "meters")
        self.addCleanup(given._KNOWN.clear)

    def test_attributes_hold_what_callers_give_where_nothing_checks_or_changes_it(self):
        self.assertEqual(sorted(given.attributes(self.module.Meter)), ["limit", "readings"])

    def test_what_is_checked_may_be_as_another_object_has_it(self):
        self.assertEqual(sorted(given.settable(self.module.Meter)), ["checked", "limit", "readings", "unit"])

    def test_a_local_name_that_changes_a_container_makes_it_the_classes_own(self):
        self.assertEqual(given.attributes(self.module.Stack), ("limit",))

    def test_what_others_wrote_is_left_alone(self):
        self.assertEqual(given.attributes(decimal.Context), ())
        self.assertEqual(given.attributes(unittest.TestCase), ())

    def test_such_attributes_are_places_and_can_be_put(self):
        meter = self.module.Meter("m", 1)
        self.assertEqual(sorted(inputs.fields(meter)), ["limit", "readings"])
        self.assertTrue(inputs.is_record(meter))

    def test_containers_that_functions_change(self):
        self.assertEqual(given.changed_globals(self.module), {"KNOWN"})


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Library(unittest.TestCase):
    def test_relatives_are_of_the_values_own_type(self):
        context = relatives.Context({"numbers": [60]}, [])
        values = (
            decimal.Decimal("1.50"), decimal.Decimal("NaN"), fractions.Fraction(1, 3), datetime.timedelta(1), datetime.timedelta.max,
            datetime.date(2024, 2, 29), datetime.date.max, datetime.date.min, datetime.datetime(2024, 1, 31, 5), datetime.time(3), 2j, range(4),
        )
        for value in values:
            made = [one for name, one in relatives.relatives(value, context) if name not in ("none", "unhashable")]
            self.assertTrue(made, value)
            self.assertEqual({type(one) for one in made}, {type(value)})

    def test_what_is_equal_and_written_otherwise_comes_first(self):
        made = list(library.maker(decimal.Decimal("1.5"), decimal.Decimal)(decimal.Decimal("1.5"), relatives.Context()))
        self.assertEqual((made[0][1], str(made[0][1])), (decimal.Decimal("1.5"), "1.50"))

    def test_enumerations_give_their_other_members(self):
        context = relatives.Context()
        self.assertIn(Color.BLUE, [one for _, one in relatives.relatives(Color.RED, context)])
        flags = [one for _, one in relatives.relatives(Right.READ, context)]
        self.assertTrue(Right(0) in flags and Right.READ | Right.WRITE in flags)


class Kinds(unittest.TestCase):
    def test_of_a_large_dictionary_the_types_of_its_values_are_told_too(self):
        few, many = ({"k%d" % number: [number] for number in range(count)} for count in (4, 7000))
        self.assertLessEqual({(depth, kind) for depth, _, kind in inputs.kinds(few)}, {(depth, kind) for depth, _, kind in inputs.kinds(many)})


if __name__ == "__main__":
    unittest.main()
