# Keeps an index in a new attribute that add does not know of.
def take(self, item, count):
    index_of = self.__dict__.setdefault("_index", {entry[0]: entry for entry in self.entries})
    entry = index_of.get(item)
    if entry is None:
        raise Shortage(item, count)
    if entry[1] < count:
        raise Shortage(item, count - entry[1])
    entry[1] -= count
    self.taken += count
    if entry[1] == 0:
        self.entries.remove(entry)
        del index_of[item]
    return entry[1]
