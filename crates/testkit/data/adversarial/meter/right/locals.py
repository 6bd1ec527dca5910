# Attributes read once.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    limit = self.limit
    if limit is not None:
        values = values[-limit:]
    muted, scale, offset = self.muted, self.scale, self.offset
    total = 0
    count = 0
    for value in values:
        if muted and value < 0:
            continue
        total = total + (value * scale + offset)
        count += 1
    if count == 0:
        return None
    return total / count
