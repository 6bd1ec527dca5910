# divmod in place of repeated subtraction, join in place of adding.
def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    parts = []
    for value, letters in VALUES:
        if number >= value:
            count, number = divmod(number, value)
            parts.append(letters * count)
    return "".join(parts)
