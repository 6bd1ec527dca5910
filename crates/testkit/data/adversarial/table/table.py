"""Rates by amount."""


class Rates:
    """Steps from a lowest amount on, in order."""

    def __init__(self, steps):
        self.bounds = []
        self.rates = []
        for bound, rate in sorted(steps):
            self.bounds.append(bound)
            self.rates.append(rate)

    def at(self, amount):
        """Return the rate of the last step that is not above the amount."""
        found = None
        for index in range(len(self.bounds)):
            if self.bounds[index] <= amount:
                found = self.rates[index]
        if found is None:
            raise ValueError("no rate for %s" % amount)
        return found
