import pytest

from pricing import match_all
from pricing.rules import best_percent


def make_rules(count):
    return [{"code": f"P{number:05d}", "percent": number % 40} for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 40, 150, 400, 600, 1_500])
def test_every_third_rule_matches(count):
    rules = make_rules(count)
    codes = [f"P{number:05d}" for number in range(0, count, 3)]
    matched = match_all(rules, codes)
    assert [rule["code"] for rule in matched] == codes


def test_no_rule_matches_unknown_codes():
    assert match_all(make_rules(300), [f"X{number}" for number in range(300)]) == []


def test_the_highest_discount_wins():
    assert best_percent(make_rules(200), ["P00039", "P00005", "P00120"]) == 39
    assert best_percent(make_rules(10), ["none"]) == 0
