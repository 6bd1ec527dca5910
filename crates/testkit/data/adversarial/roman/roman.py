"""Roman numerals."""

VALUES = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    text = ""
    for value, letters in VALUES:
        while number >= value:
            text = text + letters
            number = number - value
    return text
