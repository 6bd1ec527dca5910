"""What lies in the warehouse."""


class Shortage(Exception):
    """Not enough of an item is there."""

    def __init__(self, item, missing):
        super().__init__(f"{missing} of {item} missing")
        self.item = item
        self.missing = missing


class Inventory:
    """Counts of items, kept as a list of pairs in order of their first delivery."""

    def __init__(self):
        self.entries = []
        self.taken = 0

    def add(self, item, count):
        for entry in self.entries:
            if entry[0] == item:
                entry[1] += count
                return
        self.entries.append([item, count])

    def take(self, item, count):
        """Take ``count`` of an item and return what is left; raise Shortage if there is not enough."""
        for index in range(len(self.entries)):
            if self.entries[index][0] == item:
                entry = self.entries[index]
                if entry[1] < count:
                    raise Shortage(item, count - entry[1])
                entry[1] -= count
                self.taken += count
                if entry[1] == 0:
                    self.entries.pop(index)
                    return 0
                return entry[1]
        raise Shortage(item, count)
