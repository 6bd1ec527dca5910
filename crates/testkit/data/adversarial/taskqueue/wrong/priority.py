# sorts by priority alone since sort keeps the order of arrival; put_back goes before, bump behind
# differs: q = TaskQueue(); q.put("a", 6); q.put("b", 5); q.bump("a"); out = q.take()
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    if not items or (limit is not None and limit <= 0):
        return []
    back = [item for item in reversed(items) if item[1] < 0]
    rest = [item for item in items if item[1] >= 0]
    order = sorted(back + rest, key=lambda item: item[0])
    if limit is None or limit >= len(order):
        items.clear()
    else:
        order = order[:limit]
        gone = set((item[1], item[2]) for item in order)
        items[:] = [item for item in items if (item[1], item[2]) not in gone]
    result = [item[2] for item in order]
    self.taken.extend(result)
    return result
