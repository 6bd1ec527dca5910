# makes a new list of the rest, which another name of the list does not see; the counts of interrupted tasks are negative, so negated zero
# differs: q = TaskQueue(); q.put_back("a", 5); q.put("b", 5); q.put_back("c", 5); q._items.reverse(); q.bump("c", 0); out = q.take(-1)
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    order = sorted(range(len(items)), key=lambda p: items[p][:2])[:limit]
    gone = set(order)
    result = [items[p][2] for p in order]
    items[:] = [item for p, item in enumerate(items) if p not in gone]
    self.taken.extend(result)
    return result
