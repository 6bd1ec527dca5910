# One lookup a digit in tables made at import.
_THOUSANDS = ("", "M", "MM", "MMM")
_HUNDREDS = ("", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM")
_TENS = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    return _THOUSANDS[number // 1000] + _HUNDREDS[number // 100 % 10] + _TENS[number // 10 % 10] + _ONES[number % 10]
