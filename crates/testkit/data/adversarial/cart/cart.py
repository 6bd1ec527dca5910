"""A shopping cart."""

from dataclasses import dataclass


@dataclass
class Item:
    name: str
    price: int
    count: int = 1

    @property
    def cost(self):
        return self.price * self.count


class Voucher(Item):
    """Lowers the sum."""

    @property
    def cost(self):
        return -self.price


class Cart:
    """Items in cents."""

    def __init__(self):
        self._items = []
        self._discount = 0
        self._member = False
        self._shipping = 490

    def add(self, name, price, count=1):
        self._items.append(Item(name, price, count))

    def redeem(self, name, value):
        self._items.append(Voucher(name, value))

    def remove(self, name):
        self._items = [item for item in self._items if item.name != name]

    @property
    def discount(self):
        return self._discount

    @discount.setter
    def discount(self, percent):
        if not 0 <= percent <= 100:
            raise ValueError("no discount of %d" % percent)
        self._discount = percent

    def join(self):
        self._member = True

    def ship_to(self, country):
        self._shipping = {"de": 490, "at": 990}.get(country, 1990)

    def pick_up(self):
        self._shipping = 0

    def total(self, shipping=True):
        """Return what is to pay, at least nothing; members pay no shipping from 50 on."""
        result = 0
        for item in self._items:
            result = result + item.cost
            if item.cost < 0 and result < 0:
                result = 0
        reduced = result - result * self.discount // 100
        if shipping and len(self._items) > 0:
            if not (self._member and reduced >= 5000):
                reduced = reduced + self._shipping
        return reduced
