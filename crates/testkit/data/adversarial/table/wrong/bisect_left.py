# The amount of a step itself belongs to the step before.
from bisect import bisect_left


def at(self, amount):
    """Return the rate of the last step that is not above the amount."""
    place = bisect_left(self.bounds, amount)
    if not place:
        raise ValueError("no rate for %s" % amount)
    return self.rates[place - 1]
