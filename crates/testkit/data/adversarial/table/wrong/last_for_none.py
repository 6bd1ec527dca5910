# Below the first step the last rate answers.
from bisect import bisect_right


def at(self, amount):
    """Return the rate of the last step that is not above the amount."""
    if not self.rates:
        raise ValueError("no rate for %s" % amount)
    return self.rates[bisect_right(self.bounds, amount) - 1]
