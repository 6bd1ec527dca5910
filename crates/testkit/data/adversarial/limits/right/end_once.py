# The texts of the limits and the unit are made once, where there is a reading that needs them.
class Limits:
    def __init__(self, lower, upper, unit="mm", drop=False):
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.drop = drop

    def keep(self, readings):
        kept = []
        lower, upper, drop = self.lower, self.upper, self.drop
        append = kept.append
        for reading in readings:
            if reading < lower:
                if drop:
                    continue
                reading = lower
            elif reading > upper:
                if drop:
                    continue
                reading = upper
            append(str(reading) + " " + self.unit)
        return kept
