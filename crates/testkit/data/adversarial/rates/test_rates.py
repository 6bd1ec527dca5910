import pytest

import rates
from rates import NoWay, convert


def test_lengths():
    assert convert(2, "km", "m") == 2000
    assert convert(2, "km", "cm") == 200000
    assert convert(1.5, "m", "cm") == 150
    assert convert(0, "m", "cm") == 0


def test_times():
    assert convert(2, "h", "s") == 7200
    assert convert(3, "h", "min") == 180
    assert convert(7, "s", "s") == 7
    assert convert(-1, "min", "s") == -60


def test_no_way():
    with pytest.raises(NoWay, match="km to s"):
        convert(1, "km", "s")
    with pytest.raises(NoWay):
        convert(1, "cm", "m")


def test_back():
    rates.define("m", "km", 0.001)
    assert convert(500, "m", "km") == 0.5
    with pytest.raises(NoWay):
        convert(1, "km", "min")
    rates.forget("m", "km")


def test_defined():
    rates.define("mi", "km", 1.609344)
    assert convert(1, "mi", "m") == 1609.344
    rates.define("d", "h", 24)
    assert convert(2, "d", "h") == 48
    rates.forget("d", "h")
    rates.forget("mi", "km")
