import random

import pytest

from totals import line_totals


def make(count):
    draw = random.Random(count)
    return [(draw.randrange(1, 9999) / 100, draw.randrange(1, 9), draw.choice([0.0, 0.07, 0.19])) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 17, 400, 3000])
def test_gross_is_not_less_than_net(count):
    net, gross = line_totals(make(count))
    assert gross >= net >= 0.0


def test_one_line():
    assert line_totals([(2.0, 3, 0.5)]) == (6.0, 9.0)
