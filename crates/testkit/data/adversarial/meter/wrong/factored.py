# Scale and offset are worked in at the end: floats round otherwise.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    if self.limit is not None:
        values = values[-self.limit:]
    if self.muted:
        values = [value for value in values if not value < 0]
    count = len(values)
    if count == 0:
        return None
    total = 0
    for value in values:
        total += value
    return (total * self.scale + self.offset * count) / count
