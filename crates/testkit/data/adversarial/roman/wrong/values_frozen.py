# A table made at import no longer follows VALUES.
_TABLE = [""]
for _number in range(1, 4000):
    _rest, _text = _number, ""
    for _value, _letters in VALUES:
        while _rest >= _value:
            _text += _letters
            _rest -= _value
    _TABLE.append(_text)


def to_roman(number):
    """Return the numeral of a whole number from 1 to 3999."""
    if not isinstance(number, int):
        raise TypeError("a whole number is needed, not %r" % (number,))
    if number < 1 or number > 3999:
        raise ValueError("%d has no numeral" % number)
    return _TABLE[number]
