import pytest
from readings import averages


def test_too_few():
    assert averages([1.0, 2.0], 3) == []


def test_simple():
    assert averages([1.0, 2.0, 3.0, 4.0], 2) == [1.5, 2.5, 3.5]


def test_fault():
    assert averages([1.0, 2.0, -1.0, 4.0, 5.0, 6.0], 2) == [1.5, 4.5, 5.5]


def test_width_one():
    assert averages([1.234, 5.0], 1) == [1.23, 5.0]


def test_bad_width():
    with pytest.raises(ValueError):
        averages([1.0], 0)


def test_digits():
    assert averages([1.0, 1.5, 1.25], 3, 1) == [1.2]


def test_day():
    readings = [20 + (n * 7 % 13) / 4 for n in range(1440)]
    result = averages(readings, 60)
    assert len(result) == 1381
    assert all(20 < value < 24 for value in result)
