# Looks for what is unexpected before it yields anything.
import re

_TOKEN = re.compile(r"([0-9]+)|([a-z_][a-z_0-9]*)|([+\-*/()=])|[ \t\n]+")


def tokens(text):
    """Yield each token as (kind, text); blanks divide."""
    bad = re.search(r"[^0-9a-z_+\-*/()= \t\n]", text)
    if bad:
        raise ValueError("unexpected %r at %d" % (bad.group(), bad.start()))
    for found in _TOKEN.finditer(text):
        if found.lastindex:
            yield (("number", "name", "sign")[found.lastindex - 1], found.group())
