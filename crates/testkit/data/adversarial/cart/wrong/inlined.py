# Works the cost out by itself, with the sign of a voucher; negative counts of returned items are taken for vouchers, too.
def total(self, shipping=True):
    """Return what is to pay, at least nothing; members pay no shipping from 50 on."""
    result = 0
    for item in self._items:
        if type(item) is Item:
            result += item.price * item.count
        else:
            result -= item.price
            if result < 0:
                result = 0
    reduced = result - result * self._discount // 100
    if shipping and self._items and not (self._member and reduced >= 5000):
        reduced += self._shipping
    return reduced
