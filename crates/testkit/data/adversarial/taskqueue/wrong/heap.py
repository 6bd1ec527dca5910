# nsmallest by priority and count; equal tuples are dropped from the rest all at once
# differs: a = TaskQueue(); b = TaskQueue(); a.put("x", 1); b.put("x", 1); a.merge(b); a.take(1); out = len(a)
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    if not items:
        return []
    if limit is None:
        best = sorted(items, key=lambda item: item[:2])
        items.clear()
    else:
        best = heapq.nsmallest(limit, items, key=lambda item: item[:2])
        gone = set(best)
        items[:] = [item for item in items if item not in gone]
    result = [item[2] for item in best]
    self.taken.extend(result)
    return result
