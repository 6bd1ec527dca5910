"""Whole roots."""


def root(number, degree=2):
    """Return the largest whole number whose power is not above ``number``."""
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    low = 0
    high = 1
    while high ** degree <= number:
        high = high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if middle ** degree <= number:
            low = middle
        else:
            high = middle
    return low
