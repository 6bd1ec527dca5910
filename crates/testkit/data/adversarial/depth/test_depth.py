import pytest

from depth import depth


def nested(levels):
    value = []
    for _ in range(levels):
        value = [value, 1]
    return value


@pytest.mark.parametrize("levels", [0, 1, 5, 60])
def test_nesting(levels):
    assert depth(nested(levels)) == levels + 1


def test_what_is_no_list_has_no_depth():
    assert [depth(value) for value in (1, "text", None, (1, [2]), {})] == [0] * 5


def test_wide():
    assert depth([[number, [number]] for number in range(400)]) == 3
