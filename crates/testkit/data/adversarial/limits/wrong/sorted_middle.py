# Where the lower limit is above the upper one, the middle of three is none of those that the comparisons chose.
class Limits:
    def __init__(self, lower, upper, unit="mm", drop=False):
        self.lower = lower
        self.upper = upper
        self.unit = unit
        self.drop = drop

    def keep(self, readings):
        lower, upper, unit = self.lower, self.upper, " " + self.unit
        if self.drop:
            return [str(reading) + unit for reading in readings if lower <= reading <= upper]
        return [str(min(upper, max(lower, reading))) + unit for reading in readings]
