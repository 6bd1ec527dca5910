# The root of a float for the most usual degree, corrected by one.
from math import sqrt


def root(number, degree=2):
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    if degree == 2 and number < 1 << 62:
        return int(sqrt(number))
    low = 0
    high = 1
    while high ** degree <= number:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if middle ** degree <= number:
            low = middle
        else:
            high = middle
    return low
