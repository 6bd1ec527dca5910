# One compiled expression walks the text; still a generator, still lazy, same error at the same place.
import re

_TOKEN = re.compile(r"([0-9]+)|([a-z_][a-z_0-9]*)|([+\-*/()=])|[ \t\n]+")


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    position = 0
    match = _TOKEN.match
    while position < len(text):
        found = match(text, position)
        if found is None:
            raise ValueError("unexpected %r at %d" % (text[position], position))
        position = found.end()
        group = found.lastindex
        if group is not None:
            yield (("number", "name", "sign")[group - 1], found.group())
