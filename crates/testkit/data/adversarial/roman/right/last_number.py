# Keeps the last plain number with its numeral, in a closure.
def _remembering():
    last, text = None, ""

    def numeral(number):
        nonlocal last, text
        if number != last:
            parts, rest = [], number
            for value, letters in VALUES:
                times, rest = divmod(rest, value)
                parts.append(letters * times)
            last, text = number, "".join(parts)
        return text

    return numeral


_numeral = _remembering()


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    return _numeral(int(number))
