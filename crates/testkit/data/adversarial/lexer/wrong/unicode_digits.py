# \d and \w know more digits and letters than the loop did.
import re

_TOKEN = re.compile(r"(\d+)|([a-z_]\w*)|([+\-*/()=])|[ \t\n]+")


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError("unexpected %r at %d" % (text[position], position))
        position = found.end()
        if found.lastindex is not None:
            yield (("number", "name", "sign")[found.lastindex - 1], found.group())
