# A bounded memo of its own: the oldest entry leaves, and only plain whole numbers enter.
_known = {}


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if type(number) is int and number in _known:
        return _known[number]
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    parts, rest = [], int(number)
    for value, letters in VALUES:
        times, rest = divmod(rest, value)
        parts.append(letters * times)
    text = "".join(parts)
    if type(number) is int:
        if len(_known) >= 128:
            del _known[next(iter(_known))]
        _known[number] = text
    return text
