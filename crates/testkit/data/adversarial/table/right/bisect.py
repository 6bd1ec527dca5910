# The bounds are sorted when they are made: bisect finds the place. Numbers alone, and not NaN.
from bisect import bisect_right


def at(self, amount):
    """Return the rate of the last step that is not above the amount."""
    place = bisect_right(self.bounds, amount) if amount == amount else 0
    found = self.rates[place - 1] if place else None
    if found is None:
        raise ValueError("no rate for %s" % amount)
    return found
