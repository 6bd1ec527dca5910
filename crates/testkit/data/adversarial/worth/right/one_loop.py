# The inner loop ran once.
@property
def value(self):
    """The value of all items."""
    total = 0.0
    for price, count in self.items:
        total += price * count
    return round(total, 2)
