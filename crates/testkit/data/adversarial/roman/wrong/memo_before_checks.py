# The memo answers 1.0 and True as it answered 1.
_known = {}


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if number in _known:
        return _known[number]
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    parts, rest = [], number
    for value, letters in VALUES:
        count, rest = divmod(rest, value)
        parts.append(letters * count)
    if len(_known) < 500:
        _known[number] = "".join(parts)
    return "".join(parts)
