"""Readings between limits."""


class Limits:
    """Limits of readings, and what is done with those outside."""

    def __init__(self, lower, upper, unit="mm", drop=False):
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.drop = drop

    def keep(self, readings):
        """Return the readings as texts, those outside the limits moved to the nearer one or left out."""
        kept = []
        for reading in readings:
            if reading < self.lower:
                if self.drop:
                    continue
                reading = self.lower
            elif reading > self.upper:
                if self.drop:
                    continue
                reading = self.upper
            kept.append(str(reading) + " " + self.unit)
        return kept
