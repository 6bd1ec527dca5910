# The last ones of those that are not muted.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    if self.muted:
        values = [value for value in values if not value < 0]
    if self.limit is not None:
        values = values[-self.limit:]
    scale, offset = self.scale, self.offset
    total = 0
    for value in values:
        total += value * scale + offset
    if not values:
        return None
    return total / len(values)
