# `sum` of nothing is the integer 0, where the loop began with 0.0.
@property
def value(self):
    """The value of all items."""
    return round(sum([price * count for price, count in self.items]), 2)
