# A table of all readings between the limits has none for readings that are no whole numbers, and none for far limits.
class Limits:
    def __init__(self, lower, upper, unit="mm", drop=False):
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.drop = drop

    def keep(self, readings):
        kept = []
        known = {reading: str(reading) + " " + self.unit for reading in range(self.lower, self.upper + 1)}
        for reading in readings:
            if reading < self.lower:
                if self.drop:
                    continue
                reading = self.lower
            elif reading > self.upper:
                if self.drop:
                    continue
                reading = self.upper
            kept.append(known[reading] if type(reading) is int else str(reading) + " " + self.unit)
        return kept
