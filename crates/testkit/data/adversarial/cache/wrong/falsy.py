# a time of zero or None means that the entry stays
# differs: c = Cache(5, ttl=0); c.put("a", 1); out = c.get_many(["a"])
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    if not keys:
        return []
    now = self.now
    values = []
    entries = {}
    twice = False
    for e in self._entries:
        if e["key"] in entries:
            twice = True
            break
        entries[e["key"]] = e
    if twice:
        rest = list(self._entries)
        for key in keys:
            place = next((p for p, e in enumerate(rest) if e["key"] == key), None)
            found = None if place is None else rest.pop(place)
            if found is None or (found["until"] and found["until"] <= now):
                self.misses += 1
                values.append(default)
            else:
                self.hits += 1
                rest.append(found)
                values.append(found["value"])
        if len(rest) != len(self._entries) or any(a is not b for a, b in zip(rest, self._entries)):
            self._entries = rest
        return values
    for key in keys:
        found = entries.pop(key, None)
        if found is None or (found["until"] and found["until"] <= now):
            self.misses += 1
            values.append(default)
        else:
            self.hits += 1
            entries[key] = found
            values.append(found["value"])
    if len(entries) != len(self._entries) or any(k in entries for k in keys):
        self._entries = list(entries.values())
    return values
