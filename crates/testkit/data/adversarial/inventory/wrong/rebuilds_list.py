# A new list of entries: who holds the old one no longer sees changes.
def take(self, item, count):
    for entry in self.entries:
        if entry[0] == item:
            if entry[1] < count:
                raise Shortage(item, count - entry[1])
            entry[1] -= count
            self.taken += count
            if entry[1] == 0:
                self.entries = [other for other in self.entries if other is not entry]
            return entry[1]
    raise Shortage(item, count)
