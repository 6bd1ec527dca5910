# Takes the first away in place: who kept the earlier list sees it change.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    if value is None:
        raise ValueError("no value")
    self.values.append(value)
    while len(self.values) > self.size:
        del self.values[0]
        self.dropped = self.dropped + 1
    return sum(self.values) / len(self.values)
