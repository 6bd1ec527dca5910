# The message shows another form of the number.
def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if not 0 < number < 4000:
        raise ValueError("%s has no numeral" % number)
    parts = []
    for value, letters in VALUES:
        count, number = divmod(number, value)
        parts.append(letters * count)
    return "".join(parts)
