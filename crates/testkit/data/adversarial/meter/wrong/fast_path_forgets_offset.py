# A scale of 1 needs no multiplication; that path forgets the offset of muted meters.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    if self.limit is not None:
        values = values[-self.limit:]
    if self.muted:
        values = [value for value in values if not value < 0]
        if self.scale == 1:
            total = 0
            for value in values:
                total += value
            return total / len(values) if values else None
    scale, offset = self.scale, self.offset
    total = 0
    for value in values:
        total += value * scale + offset
    return total / len(values) if values else None
