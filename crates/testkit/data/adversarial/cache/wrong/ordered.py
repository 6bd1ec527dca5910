# a dictionary by key: of a key that was loaded twice the newer entry counts
# differs: c = Cache(5); c.load([("a", 1), ("a", 2)]); out = c.get_many(["a"])
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    if not keys:
        return []
    entries = {e["key"]: e for e in self._entries}
    now = self.now
    values = []
    hits = 0
    before = len(entries)
    for key in keys:
        found = entries.pop(key, None)
        if found is None or (found["until"] is not None and found["until"] <= now):
            values.append(default)
        else:
            hits += 1
            entries[key] = found
            values.append(found["value"])
    self.hits += hits
    self.misses += len(keys) - hits
    if hits or len(entries) != before:
        self._entries = list(entries.values())
    return values
