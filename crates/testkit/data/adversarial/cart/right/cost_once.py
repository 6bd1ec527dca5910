# The cost is asked once an item.
def total(self, shipping=True):
    """Return what is to pay, at least nothing; members pay no shipping from 50 on."""
    result = 0
    for item in self._items:
        cost = item.cost
        result = result + cost
        if cost < 0 and result < 0:
            result = 0
    reduced = result - result * self.discount // 100
    if shipping and len(self._items) > 0:
        if not (self._member and reduced >= 5000):
            reduced = reduced + self._shipping
    return reduced
