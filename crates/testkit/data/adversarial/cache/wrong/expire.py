# drops all that is too old at the beginning, also what nobody asks for
# differs: c = Cache(5, ttl=1); c.put("a", 1); c.put("b", 2); c.tick(2); c.get_many(["a"]); out = c.keys()
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    if not keys:
        return []
    now = self.now
    entries = {}
    for e in self._entries:
        if e["until"] is None or e["until"] > now:
            entries.setdefault(e["key"], e)
    values = []
    for key in keys:
        found = entries.pop(key, None)
        if found is None:
            self.misses += 1
            values.append(default)
        else:
            self.hits += 1
            entries[key] = found
            values.append(found["value"])
    if len(entries) != len(self._entries) or any(k in entries for k in keys):
        self._entries = list(entries.values())
    return values
