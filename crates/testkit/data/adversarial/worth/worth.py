"""What a shelf is worth."""


class Shelf:
    def __init__(self):
        self.items = []

    def put(self, price, count):
        self.items.append((price, count))

    @property
    def value(self):
        """The value of all items."""
        total = 0.0
        for price, count in self.items:
            for _ in range(1):
                total = total + price * count
        return round(total, 2)
