import pytest

from distinct import distinct


@pytest.mark.parametrize("count", [0, 1, 10, 200])
def test_numbers(count):
    assert distinct([number % 40 for number in range(count)]) == list(range(min(40, count)))


def test_lists_and_dicts_are_values_too():
    assert distinct([[1], [2], [1], {"a": 1}, {"a": 1}]) == [[1], [2], {"a": 1}]


def test_text():
    assert distinct("abracadabra") == list("abrcd")
