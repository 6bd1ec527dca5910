# An empty unit leaves the space at the end.
class Limits:
    def __init__(self, lower, upper, unit="mm", drop=False):
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.drop = drop

    def keep(self, readings):
        end = " " + self.unit if self.unit else ""
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
            kept.append(str(reading) + end)
        return kept
