# A list in the place of a generator: the error comes before the first token.
def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    import re
    found, position = [], 0
    while position < len(text):
        match = re.compile(r"([0-9]+)|([a-z_][a-z_0-9]*)|([+\-*/()=])|[ \t\n]+").match(text, position)
        if match is None:
            raise ValueError("unexpected %r at %d" % (text[position], position))
        if match.lastindex:
            found.append((("number", "name", "sign")[match.lastindex - 1], match.group()))
        position = match.end()
    return iter(found)
