# The whole part by a float.
from math import floor


def mixed(value, most=1000):
    value = value.limit_denominator(most)
    sign = "-" if value < 0 else ""
    value = abs(value)
    whole = int(float(value))
    value = value - whole
    if value == 0:
        return sign + str(whole)
    text = str(value.numerator) + "/" + str(value.denominator)
    if whole == 0:
        return sign + text
    return sign + str(whole) + " " + text
