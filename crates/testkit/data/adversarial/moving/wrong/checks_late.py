# Refuses None only after it was taken in.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    self.values.append(value)
    if value is None:
        raise ValueError("no value")
    while len(self.values) > self.size:
        self.values = self.values[1:]
        self.dropped = self.dropped + 1
    return sum(self.values) / len(self.values)
