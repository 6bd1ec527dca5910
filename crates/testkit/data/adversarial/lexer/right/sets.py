# Frozen sets for membership and a local length.
_BLANKS = frozenset(" \t\n")
_DIGITS = frozenset("0123456789")
_START = frozenset("abcdefghijklmnopqrstuvwxyz_")
_INSIDE = _START | _DIGITS
_SIGNS = frozenset("+-*/()=")


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    position = 0
    length = len(text)
    while position < length:
        char = text[position]
        if char in _BLANKS:
            position += 1
        elif char in _DIGITS:
            end = position + 1
            while end < length and text[end] in _DIGITS:
                end += 1
            yield ("number", text[position:end])
            position = end
        elif char in _START:
            end = position + 1
            while end < length and text[end] in _INSIDE:
                end += 1
            yield ("name", text[position:end])
            position = end
        elif char in _SIGNS:
            yield ("sign", char)
            position += 1
        else:
            raise ValueError("unexpected %r at %d" % (char, position))
