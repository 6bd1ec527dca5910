# Takes before it looks, so that a shortage leaves a negative count.
def take(self, item, count):
    for index, entry in enumerate(self.entries):
        if entry[0] == item:
            entry[1] -= count
            if entry[1] < 0:
                raise Shortage(item, -entry[1])
            self.taken += count
            if entry[1] == 0:
                self.entries.pop(index)
            return entry[1]
    raise Shortage(item, count)
