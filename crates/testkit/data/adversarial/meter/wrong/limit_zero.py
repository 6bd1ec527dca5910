# A limit of 0 looks at nothing here; the slice from -0 took all.
def average(self):
    """Return the mean of the readings, None without any."""
    values = self.readings
    if self.limit is not None and len(values) > self.limit:
        values = values[len(values) - self.limit:]
    muted, scale, offset = self.muted, self.scale, self.offset
    total = count = 0
    for value in values:
        if muted and value < 0:
            continue
        total = total + (value * scale + offset)
        count += 1
    if count == 0:
        return None
    return total / count
