# KeyError for Shortage where the item is not there.
def take(self, item, count):
    for index, entry in enumerate(self.entries):
        if entry[0] == item:
            if entry[1] < count:
                raise Shortage(item, count - entry[1])
            entry[1] -= count
            self.taken += count
            if entry[1] == 0:
                self.entries.pop(index)
                return 0
            return entry[1]
    raise KeyError(item)
