from fractions import Fraction

import pytest

import units
from units import UnknownUnit, convert


@pytest.fixture(autouse=True)
def fresh():
    units.reset()
    yield
    units.reset()


def test_direct():
    assert convert(3, "km", "m") == 3000
    assert convert(250, "cm", "m") == Fraction(5, 2)


def test_steps():
    assert convert(1, "ft", "mm") == Fraction("304.8")
    assert convert(2, "h", "s") == 7200


def test_same():
    assert convert(5, "m", "m") == 5


def test_unknown():
    with pytest.raises(UnknownUnit) as caught:
        convert(1, "m", "furlong")
    assert caught.value.unit == "furlong"


def test_no_way():
    with pytest.raises(ValueError):
        convert(1, "m", "s")


def test_register():
    units.register("mile", "1609.344", "m")
    assert convert(1, "mile", "km") == Fraction("1.609344")
    units.forget("mile")
    with pytest.raises(UnknownUnit):
        convert(1, "mile", "km")


def test_long_chain():
    for number in range(250):
        units.register("u%d" % number, 2, "u%d" % (number + 1))
    for number in range(0, 180, 4):
        assert convert(1, "u%d" % number, "u%d" % (number + 60)) == 2 ** 60
        assert convert(1, "u%d" % (number + 50), "u%d" % number) == Fraction(1, 2 ** 50)
    assert convert(1, "u0", "u200") == 2 ** 200
    assert convert(1, "u40", "u0") == Fraction(1, 2 ** 40)
