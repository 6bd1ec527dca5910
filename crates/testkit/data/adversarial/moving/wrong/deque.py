# The attribute becomes a deque, which whoever reads it did not have before.
def add(self, value):
    """Take one value in; return the mean of those that are held."""
    from collections import deque
    if value is None:
        raise ValueError("no value")
    if type(self.values) is not deque:
        self.values = deque(self.values)
    self.values.append(value)
    while len(self.values) > self.size:
        self.values.popleft()
        self.dropped = self.dropped + 1
    return sum(self.values) / len(self.values)
