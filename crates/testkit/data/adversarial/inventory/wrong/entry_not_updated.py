# The entry that goes away keeps its old count, which who holds it can see.
def take(self, item, count):
    for index, entry in enumerate(self.entries):
        if entry[0] == item:
            if entry[1] < count:
                raise Shortage(item, count - entry[1])
            self.taken += count
            if entry[1] == count:
                self.entries.pop(index)
                return 0
            entry[1] -= count
            return entry[1]
    raise Shortage(item, count)
