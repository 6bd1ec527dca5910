# sorts the tuples themselves: names are compared where priority and count are the same, as they are after a merge
# differs: a = TaskQueue(); b = TaskQueue(); a.put("z", 1); b.put("y", 1); a.merge(b); out = a.take()
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    if not items or (limit is not None and limit <= 0):
        return []
    count = len(items) if limit is None else limit
    order = sorted(range(len(items)), key=items.__getitem__)[:count]
    result = [items[p][2] for p in order]
    if len(order) == len(items):
        items.clear()
    else:
        gone = set(order)
        items[:] = [item for p, item in enumerate(items) if p not in gone]
    self.taken.extend(result)
    return result
