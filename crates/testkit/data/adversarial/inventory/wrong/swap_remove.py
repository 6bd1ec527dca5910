# Moves the last entry into the gap: the order is lost.
def take(self, item, count):
    entries = self.entries
    for index, entry in enumerate(entries):
        if entry[0] == item:
            left = entry[1] - count
            if left < 0:
                raise Shortage(item, -left)
            self.taken += count
            entry[1] = left
            if left == 0:
                last = entries.pop()
                if last is not entry:
                    entries[index] = last
            return left
    raise Shortage(item, count)
