import datetime
import random
import unittest
import zoneinfo

import support  # noqa: F401 - finds the harness
from whet_harness import afresh, clocks, drawn, inputs, relatives


class Made(inputs.Input):
    """An input that was not decoded."""

    def __init__(self, args, kwargs=()):
        self.args, self.kwargs, self.state = list(args), dict(kwargs), ()

    def seen(self, value):
        return value


class Step:
    def __init__(self, kind, at):
        self.kind, self.at = kind, at


def drawn_afresh(*calls, count=300):
    """The arguments of inputs made afresh after recorded calls."""
    chance = random.Random(1)
    values = drawn.Values(relatives.Context(), chance, set("ab"), set())
    recorded = [Made(args) for args in calls]
    maker = afresh.Afresh(0, recorded, chance, values)
    for _ in range(count):
        made = Made(calls[0])
        values.begin(made)
        maker.begin(True)
        try:
            maker.make(made)
        except drawn.Nothing:
            continue
        yield made.args


class Afresh(unittest.TestCase):
    def test_few_values_meet_each_other(self):
        nets = [args[0] for args in drawn_afresh(({"A": {"B": 4, "C": 1}, "B": {"D": 1}}, "A"))]
        self.assertTrue(all(type(cost) is int for net in nets for links in net.values() for cost in links.values()))
        ties = [net for net in nets if any(len(links) > len(set(links.values())) for links in net.values())]
        back = [net for net in nets if any(start in net.get(goal, ()) for start, links in net.items() for goal in links if goal != start)]
        self.assertGreater(len(ties), 40)
        self.assertGreater(len(back), 10)

    def test_records_keep_their_keys_and_tuples_their_form(self):
        rows = [({"id": "x", "n": 1, "at": (1, "a")},), ({"id": "y", "n": 2},)]
        found = [args[0] for args in drawn_afresh(([rows[0][0]],), ([rows[1][0]],))]
        members = [row for some in found for row in some]
        self.assertTrue(all({"id", "n"} <= set(row) for row in members))
        self.assertEqual({"at" in row for row in members}, {True, False})
        self.assertEqual({tuple(map(type, row["at"])) for row in members if "at" in row}, {(int, str)})

    def test_objects_are_made_by_their_constructors(self):
        steps = [step for args in drawn_afresh(([Step("insert", 3), Step("delete", 99)],)) for step in args[0]]
        self.assertGreater(len({(step.kind, step.at) for step in steps}), 20)
        self.assertTrue(all(type(step.kind) is str and type(step.at) is int for step in steps))

    def test_long_texts_are_a_language_and_mostly_stay(self):
        long = "select a from b where c = 1"
        texts = [args[0] for args in drawn_afresh((long, ["a"]))]
        self.assertGreater(sum(text == long for text in texts), len(texts) / 3)
        self.assertGreater(sum(len(text) > 12 for text in texts), len(texts) * 0.9)

    def test_plain_values_alone_are_left_to_changes(self):
        values = drawn.Values(relatives.Context(), random.Random(1), set(), set())
        self.assertFalse(afresh.Afresh(0, [Made((1, "a"))], random.Random(1), values).is_worth_while())
        self.assertTrue(afresh.Afresh(0, [Made(([1],))], random.Random(1), values).is_worth_while())


class Clocks(unittest.TestCase):
    def setUp(self):
        try:
            self.zone = zoneinfo.ZoneInfo("Europe/Berlin")
        except zoneinfo.ZoneInfoNotFoundError:
            self.skipTest("this machine has no zones")

    def test_changes_of_a_year(self):
        expected = [datetime.datetime(2024, 3, 31, 1), datetime.datetime(2024, 10, 27, 1)]
        self.assertEqual(clocks.changes(self.zone, 2024), expected)
        self.assertEqual(clocks.changes(zoneinfo.ZoneInfo("UTC"), 2024), [])

    def test_zones_are_named_by_texts_or_by_a_value(self):
        self.assertEqual(clocks.zones(["Europe/Berlin", "a/b", "day"], None), [self.zone])
        self.assertEqual(clocks.zones([], datetime.datetime(2024, 1, 1, tzinfo=self.zone)), [self.zone])

    def test_times_of_an_input_are_near_each_other_and_some_near_a_change(self):
        begin = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc)
        calls = [([(begin, 1.0)], "Europe/Berlin")]
        change = datetime.datetime(2024, 10, 27, 1, tzinfo=datetime.timezone.utc)
        lists = [[when for when, _ in args[0]] for args in drawn_afresh(*calls)]
        offsets = {when.utcoffset() for some in lists for when in some}
        self.assertTrue({datetime.timedelta(0), datetime.timedelta(0, -210 * 60)} < offsets)
        around = [sum(abs(when - change) < datetime.timedelta(0, 7200) for when in some) for some in lists]
        self.assertGreater(sum(count > 1 for count in around), 3)
        zones = {args[1] for args in drawn_afresh(*calls)}
        self.assertTrue({"Europe/Berlin", "Asia/Kolkata"} < zones)


if __name__ == "__main__":
    unittest.main()
