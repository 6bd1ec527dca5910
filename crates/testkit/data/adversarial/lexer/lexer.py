"""Words, numbers and signs of a small language."""


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    position = 0
    while position < len(text):
        char = text[position]
        if char in " \t\n":
            position += 1
        elif char in "0123456789":
            end = position
            while end < len(text) and text[end] in "0123456789":
                end += 1
            yield ("number", text[position:end])
            position = end
        elif char in "abcdefghijklmnopqrstuvwxyz_":
            end = position
            while end < len(text) and text[end] in "abcdefghijklmnopqrstuvwxyz_0123456789":
                end += 1
            yield ("name", text[position:end])
            position = end
        elif char in "+-*/()=":
            yield ("sign", char)
            position += 1
        else:
            raise ValueError("unexpected %r at %d" % (char, position))
