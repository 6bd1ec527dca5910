"""A meter with a calibration."""


class Meter:
    """Readings, which may be calibrated, and of which negative ones may be muted."""

    def __init__(self):
        self.readings = []
        self.offset = 0
        self.scale = 1
        self.muted = False
        self.limit = None

    def add(self, *values):
        self.readings.extend(values)

    def calibrate(self, offset, scale=1):
        self.offset = offset
        self.scale = scale

    def mute(self, muted=True):
        self.muted = muted

    def keep(self, limit):
        """Look at the last readings only; None for all."""
        self.limit = limit

    def average(self):
        """Return the mean of the readings, None without any."""
        total = 0
        count = 0
        values = self.readings
        if self.limit is not None:
            values = values[-self.limit:]
        for value in values:
            if self.muted and value < 0:
                continue
            total = total + (value * self.scale + self.offset)
            count = count + 1
        if count == 0:
            return None
        return total / count
