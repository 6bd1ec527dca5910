# Skips what it does not know instead of refusing it.
import re

_TOKEN = re.compile(r"([0-9]+)|([a-z_][a-z_0-9]*)|([+\-*/()=])")


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    for found in _TOKEN.finditer(text):
        yield (("number", "name", "sign")[found.lastindex - 1], found.group())
