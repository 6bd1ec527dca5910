from fractions import Fraction

import pytest

from mixed import mixed


@pytest.mark.parametrize("value, text", [
    (Fraction(1, 2), "1/2"),
    (Fraction(3, 2), "1 1/2"),
    (Fraction(7, 3), "2 1/3"),
    (Fraction(0), "0"),
    (Fraction(5), "5"),
    (Fraction(-1, 2), "-1/2"),
    (Fraction(-3), "-3"),
    (Fraction(22, 7), "3 1/7"),
    (Fraction(100, 3), "33 1/3"),
    (Fraction(1000, 7), "142 6/7"),
])
def test_texts(value, text):
    assert mixed(value) == text


def test_most():
    assert mixed(Fraction(314159, 100000), 10) == "3 1/7"
    assert mixed(Fraction(355, 113), most=200) == "3 16/113"
    assert mixed(Fraction(1, 3), 3) == "1/3"
