# Shipping goes by the sum before the discount.
def total(self, shipping=True):
    """Return what is to pay, at least nothing; members pay no shipping from 50 on."""
    result = 0
    for item in self._items:
        cost = item.cost
        result += cost
        if cost < 0 and result < 0:
            result = 0
    reduced = result - result * self._discount // 100
    if shipping and self._items and not (self._member and result >= 5000):
        reduced += self._shipping
    return reduced
