"""Versions."""

from functools import total_ordering


@total_ordering
class Version:
    """A version; what stands behind a plus does not count."""

    def __init__(self, text):
        self.text = text
        plain, _, self.build = text.partition("+")
        numbers, _, self.pre = plain.partition("-")
        self.numbers = tuple(int(part) for part in numbers.split("."))

    def key(self):
        return (self.numbers, self.pre == "", self.pre)

    def __eq__(self, other):
        return self.key() == other.key()

    def __lt__(self, other):
        return self.key() < other.key()

    def __hash__(self):
        return hash(self.key())


def latest(versions, pre=False):
    """Return the text of the latest version, the last one of equals; None if there is none. Versions before a release count if asked for."""
    found = None
    for version in versions:
        if version.pre and not pre:
            continue
        if found is None or version >= found:
            found = version
    if found is None:
        return None
    return found.text
