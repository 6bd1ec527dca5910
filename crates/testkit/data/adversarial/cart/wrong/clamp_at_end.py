# At least nothing in the end: a voucher before the items was lost.
def total(self, shipping=True):
    """Return what is to pay, at least nothing; members pay no shipping from 50 on."""
    result = max(0, sum(item.cost for item in self._items))
    reduced = result - result * self._discount // 100
    if shipping and self._items and not (self._member and reduced >= 5000):
        reduced += self._shipping
    return reduced
