# Augmented addition over a local name.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    if value is None:
        raise ValueError("no value")
    self.values.append(value)
    while len(self.values) > self.size:
        self.values = self.values[1:]
        self.dropped += 1
    values = self.values
    total = 0
    for held in values:
        total += held
    return total / len(values)
