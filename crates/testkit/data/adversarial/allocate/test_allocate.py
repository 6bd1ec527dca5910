import pytest

from allocate import allocate, split_evenly


def test_even():
    assert split_evenly(300, 3) == [100, 100, 100]


def test_rest_goes_first():
    assert split_evenly(100, 3) == [34, 33, 33]
    assert split_evenly(101, 3) == [34, 34, 33]


def test_weights():
    assert allocate(1000, [1, 2, 2]) == [200, 400, 400]
    assert allocate(100, [1, 1, 5]) == [14, 14, 72]


def test_refund():
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]


def test_nobody():
    with pytest.raises(ValueError):
        allocate(100, [])
    with pytest.raises(ValueError):
        allocate(100, [0, 0])


def test_zero_weight():
    assert allocate(5, [0, 1]) == [0, 5]


def test_large_group():
    weights = [number % 17 + 1 for number in range(400)]
    for cents in (99999, 123457, 10007):
        shares = allocate(cents, weights)
        assert sum(shares) == cents
        assert min(shares) >= cents * 1 // sum(weights)
