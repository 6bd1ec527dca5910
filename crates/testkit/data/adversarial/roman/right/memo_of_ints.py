# A bounded memo of plain whole numbers; all else goes the old way.
from functools import lru_cache


@lru_cache(maxsize=256)
def _numeral(number):
    parts = []
    for value, letters in VALUES:
        while number >= value:
            parts.append(letters)
            number -= value
    return "".join(parts)


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    return _numeral(int(number))
