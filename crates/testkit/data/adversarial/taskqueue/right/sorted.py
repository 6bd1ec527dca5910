# sorts once by priority and count, which keeps the order of those that are alike, and leaves the rest as it stood
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    result = []
    if not items or (limit is not None and not len(result) < limit):
        return result
    gone = set()
    for place in sorted(range(len(items)), key=lambda place: (items[place][0], items[place][1])):
        if limit is not None and not len(result) < limit:
            break
        gone.add(place)
        result.append(items[place][2])
    items[:] = [item for place, item in enumerate(items) if place not in gone]
    self.taken.extend(result)
    return result
