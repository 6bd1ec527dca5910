# enumerate for indexing.
def take(self, item, count):
    """Take ``count`` of an item and return what is left; raise Shortage if there is not enough."""
    entries = self.entries
    for index, entry in enumerate(entries):
        if entry[0] == item:
            if entry[1] < count:
                raise Shortage(item, count - entry[1])
            entry[1] -= count
            self.taken += count
            if entry[1] == 0:
                entries.pop(index)
                return 0
            return entry[1]
    raise Shortage(item, count)
