# leaves the rest sorted: who is alike by priority and count keeps its order, but bump() then counts in another order
# differs: q = TaskQueue(); q.put("x", 2); q.put("a", 9); q.put("a", 3); q.take(1); q.bump("a"); out = q._items
def take(self, limit: int | None = None) -> list[str]:
    """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
    items = self._items
    if not items or (limit is not None and limit <= 0):
        return []
    items.sort(key=lambda item: item[:2])
    count = len(items) if limit is None else limit
    result = [item[2] for item in items[:count]]
    del items[:count]
    self.taken.extend(result)
    return result
