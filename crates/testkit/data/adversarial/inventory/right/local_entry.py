# Each entry is read once.
def take(self, item, count):
    """Take ``count`` of an item and return what is left; raise Shortage if there is not enough."""
    index = 0
    for entry in self.entries:
        if entry[0] == item:
            break
        index += 1
    else:
        raise Shortage(item, count)
    if entry[1] < count:
        raise Shortage(item, count - entry[1])
    entry[1] -= count
    self.taken += count
    if entry[1] == 0:
        self.entries.pop(index)
        return 0
    return entry[1]
