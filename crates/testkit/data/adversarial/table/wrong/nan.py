# NaN is above nothing in a loop and at the end in a bisection.
from bisect import bisect_right


def at(self, amount):
    """Return the rate of the last step that is not above the amount."""
    place = bisect_right(self.bounds, amount)
    if not place:
        raise ValueError("no rate for %s" % amount)
    return self.rates[place - 1]
