"""A mean over the last values."""


class Window:
    """Holds the last `size` values."""

    def __init__(self, size):
        if size < 1:
            raise ValueError("a window holds one value at least")
        self.size = size
        self.values = []
        self.dropped = 0

    def add(self, value):
        """Take one value in; return the mean of those that are held."""
        if value is None:
            raise ValueError("no value")
        self.values.append(value)
        while len(self.values) > self.size:
            self.values = self.values[1:]
            self.dropped = self.dropped + 1
        total = 0
        for held in self.values:
            total = total + held
        return total / len(self.values)
