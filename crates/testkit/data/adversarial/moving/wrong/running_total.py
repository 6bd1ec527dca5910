# Keeps a running total in a new attribute: floats drift, and who looks at the object sees it.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    if value is None:
        raise ValueError("no value")
    self.values.append(value)
    self.total = getattr(self, "total", sum(self.values[:-1])) + value
    while len(self.values) > self.size:
        self.total -= self.values[0]
        self.values = self.values[1:]
        self.dropped = self.dropped + 1
    return self.total / len(self.values)
