import random

import pytest

from tally import field_counts


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("", {}),
        (";;", {}),
        ("a=1", {"a": 1}),
        ("A=1; a = 2", {"a": 2}),
        ("b\na\r\nb", {"b": 2, "a": 1}),
        ("  host = x ;code=200;=9", {"host": 1, "code": 1}),
    ],
)
def test_names_are_counted(text, counts):
    assert field_counts(text) == counts


def test_names_stand_in_order_of_first_appearance():
    assert list(field_counts("z=1;y=2\nx=3;z=4")) == ["z", "y", "x"]


def test_many_lines():
    random.seed(7)
    names = [f"Field{number}" for number in range(40)]
    for size in (5, 20, 60, 120):
        for _ in range(12):
            lines = ["; ".join(f"{random.choice(names)} = {random.random():.3f}" for _ in range(5)) for _ in range(size)]
            assert sum(field_counts("\n".join(lines)).values()) == 5 * size
