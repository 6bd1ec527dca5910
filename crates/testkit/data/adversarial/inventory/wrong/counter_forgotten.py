# The number of taken items is not kept.
def take(self, item, count):
    for index, entry in enumerate(self.entries):
        if entry[0] == item:
            left = entry[1] - count
            if left < 0:
                raise Shortage(item, -left)
            if left:
                entry[1] = left
            else:
                del self.entries[index]
            return left
    raise Shortage(item, count)
