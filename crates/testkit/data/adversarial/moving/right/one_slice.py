# All that is too much leaves in one slice, which is a new list as before.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    if value is None:
        raise ValueError("no value")
    values = self.values
    values.append(value)
    excess = len(values) - self.size
    if excess > 0:
        values = self.values = values[excess:]
        self.dropped += excess
    total = 0
    for held in values:
        total += held
    return total / len(values)
