import datetime
import importlib
import random
import sys
import typing
import unittest

from support import Project
from whet_harness import capture, casefile, changes, codec, drawn, draws, inputs, relatives, remade

MODULE = """
import datetime

RATES = {("a", "b"): 2, ("b", "c"): 3}


def define(first, second, rate):
    RATES[first, second] = rate


class Cup:
    def __init__(self, name, size=1):
        self.name = name
        self.size = size
        self.is_full = False
        self._heat = 20

    @property
    def heat(self):
        return self._heat

    @heat.setter
    def heat(self, heat):
        if heat > 100:
            raise ValueError(heat)
        self._heat = heat

    def fill(self):
        self.is_full = True

    def wash(self, with_what):
        raise AssertionError("no code says what with")

    def paint(self, colour, coats=1):
        self._paint = (colour, coats)

    def stack(self, other):
        self._below = other


def table(rows, first, until, *more, limit=3):
    return [row for row in rows if RATES and first < until][:limit], more


def cups(some):
    return sum(cup.size for cup in some)
"""

CALLS = """
from shop import Cup, cups, table
import datetime
day = datetime.date
table([{"id": "x", "n": 1}, {"id": "y", "n": 2, "at": None}], day(2024, 3, 4), day(2024, 3, 9))
table([{"id": "z", "n": 5}], day(2024, 1, 1), day(2024, 2, 1), 1, 2, limit=7)
cups([Cup("one"), Cup("two", 2)])
full = Cup("big", 9)
full.fill()
full.paint("red", 2)
full.paint(colour="blue")
full.heat = 80
full.stack(Cup("low"))
cups([full])
"""


class Drawn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.project = Project({"shop.py": MODULE, "calls.py": CALLS})
        sites = [cls.project.site("shop:" + name, "shop.py") for name in ("table", "cups")]
        ran = cls.project.run(["calls.py"], {"instrument": "record", "calls_per_target": 50, "bytes_per_target": 1 << 20, "overhead_limit": 9.0, "seed": 1}, sites)
        assert ran.returncode == 0, ran.stderr
        sys.path.insert(0, cls.project.tree)
        cls.shop = importlib.import_module("shop")
        cls.repository = capture.Repository([cls.project.tree])
        cls.repository.globals.scan(cls.repository.modules(), force=True)
        cls.recorded = {"table": [], "cups": []}
        for file in cls.project.outputs(""):
            if file.endswith(".bin"):
                cases = casefile.read(file)
                cls.recorded["table" if len(inputs.Input(cases[0].input).args) > 2 else "cups"].extend(case.input for case in cases)

    @classmethod
    def tearDownClass(cls):
        sys.path.remove(cls.project.tree)
        del sys.modules["shop"]
        cls.project.close()

    def drawer(self, name, seed=1):
        bases = self.recorded[name]
        made = changes.Changes(getattr(self.shop, name), 0, bases, [None] * len(bases), relatives.Context(), random.Random(seed))
        return draws.Draws(made, bases, [self.project.tree])

    def drawn(self, name, count=600, seed=1):
        drawer = self.drawer(name, seed)
        for _ in range(count):
            try:
                made = drawer.draw()
            except ValueError:
                # What a constructor or a setter refuses.
                continue
            if made is not None:
                yield made

    def test_the_same_seed_draws_the_same(self):
        def encoded(seed):
            found = []
            for made in self.drawn("table", 80, seed):
                found.append(made.encode(self.repository)[0])
            return found

        self.assertEqual(encoded(3), encoded(3))
        self.assertNotEqual(encoded(3), encoded(4))

    def test_records_keep_their_keys_and_values_their_types(self):
        rows = [row for made in self.drawn("table") for row in made.args[0]]
        self.assertTrue(all({"id", "n"} <= set(row) for row in rows))
        self.assertEqual({(type(row["id"]), type(row["n"])) for row in rows}, {(str, int)})
        self.assertGreater(len({row["n"] for row in rows}), 20)
        self.assertTrue(all(type(made.args[1]) is datetime.date for made in self.drawn("table")))

    def test_two_dates_are_drawn_near_each_other(self):
        weekdays = {(made.args[1].weekday(), (made.args[2] - made.args[1]).days) for made in self.drawn("table", 1500)}
        near = {pair for pair in weekdays if 0 < pair[1] < 30}
        self.assertGreater(len(near), 40)

    def test_lists_hold_one_object_twice_and_equals_that_are_none(self):
        lists = [made.args[0] for made in self.drawn("cups", 2500)]
        self.assertTrue(any(len(some) > len({id(cup) for cup in some}) for some in lists))
        names = [[cup.name.lower() for cup in some] for some in lists]
        self.assertTrue(any(len(some) > len(set(some)) for some in names))
        self.assertTrue(any("\xdf" in "".join(some) and "ss" in "".join(some).lower() for some in names))

    def test_objects_are_used_as_callers_use_them(self):
        seen = [cup for made in self.drawn("cups", 1500) for cup in made.args[0]]
        self.assertTrue(all(cup._heat <= 100 for cup in seen))
        self.assertGreater(len({cup._heat for cup in seen}), 20)
        self.assertTrue(any(cup.is_full and cup.name == "one" for cup in seen))
        self.assertTrue(all(set(remade.arguments(cup)) == {"name", "size"} for cup in seen))

    def test_objects_are_given_what_annotations_say_or_what_the_object_holds(self):
        class Box:
            def __init__(self):
                self._cups = [self_cup]

            def put(self, cup, other: "Box" = None):
                self._cups.append(cup)

        self_cup = self.shop.Cup("one")
        box, elsewhere = Box(), [self.shop.Cup("far"), Box()]
        objects = self.drawer("cups").history._objects
        self.assertEqual({type(one).__name__ for one in objects(box, elsewhere, typing.Any)}, {"Cup"})
        self.assertEqual(objects(box, [*elsewhere, box], Box), elsewhere[1:])

    def test_methods_are_called_as_the_repositorys_own_code_calls_them(self):
        seen = [cup for made in self.drawn("cups") for cup in made.args[0]]
        painted = {cup._paint for cup in seen if hasattr(cup, "_paint")}
        self.assertTrue({("red", 2), ("blue", 1), ("blue", 2)} <= painted, painted)
        self.assertTrue(all(type(colour) is str and type(coats) is int for colour, coats in painted))
        self.assertTrue(any(cup.name == "one" and hasattr(cup, "_paint") for cup in seen))
        self.assertTrue(any(type(getattr(cup, "_below", None)) is type(cup) for cup in seen))

    def test_state_that_functions_change_is_changed_in_its_place(self):
        rates, known = self.shop.RATES, set()
        for made in self.drawn("table"):
            (held,) = [value for locator, value in made.state if locator[0] == "g"]
            self.assertIs(held, rates)
            known.add(codec.encode(held).bytes)
            self.assertTrue(all(type(key) is tuple and len(key) == 2 for key in held))
        self.assertGreater(len(known), 20)
        rates.clear()
        rates.update({("a", "b"): 2, ("b", "c"): 3})

    def test_arguments_of_any_number_and_options_are_drawn(self):
        made = list(self.drawn("table"))
        self.assertGreater(len({len(one.args) for one in made}), 3)
        self.assertGreater(len({one.kwargs.get("limit") for one in made}), 5)

    def test_large_numbers_come_less_often_once_they_were_slow(self):
        def large(drawer):
            return sum(drawer.values._number(1) > drawn.LARGE for _ in range(2000))

        drawer = self.drawer("cups")
        drawer.values.made, drawer.values.root = inputs.Input(self.recorded["cups"][0]), 0
        before = large(drawer)
        for _ in range(12):
            drawer.values.drew_large = {0}
            drawer.values.was_slow()
        self.assertLess(large(drawer), before / 5)


if __name__ == "__main__":
    unittest.main()
