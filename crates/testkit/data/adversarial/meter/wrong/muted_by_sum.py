# Where readings are muted, those that are calibrated to be negative are left out.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    if self.limit is not None:
        values = values[-self.limit:]
    scale, offset = self.scale, self.offset
    total = count = 0
    for value in values:
        value = value * scale + offset
        if self.muted and value < 0:
            continue
        total = total + value
        count += 1
    if count == 0:
        return None
    return total / count
