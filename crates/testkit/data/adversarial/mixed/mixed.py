"""Fractions for people."""

from fractions import Fraction


def mixed(value, most=1000):
    """Return a fraction as a mixed number; the nearest with a denominator of at most ``most``."""
    value = value.limit_denominator(most)
    sign = "-" if value < 0 else ""
    value = abs(value)
    whole = 0
    while value >= 1:
        value = value - 1
        whole = whole + 1
    if value == 0:
        return sign + str(whole)
    text = str(value.numerator) + "/" + str(value.denominator)
    if whole == 0:
        return sign + text
    return sign + str(whole) + " " + text
