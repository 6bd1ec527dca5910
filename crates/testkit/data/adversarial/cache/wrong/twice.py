# asks for each key once; one that is asked for twice goes to its place of the first time
# differs: c = Cache(5); c.put("a", 1); c.put("b", 2); c.get_many(["a", "b", "a"]); out = c.keys()
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    if not keys:
        return []
    wanted = dict.fromkeys(keys)
    now = self.now
    rest = []
    found = {}
    dropped = set()
    for e in self._entries:
        key = e["key"]
        if key in wanted and key not in found and key not in dropped:
            if e["until"] is not None and e["until"] <= now:
                dropped.add(key)
            else:
                found[key] = e
        else:
            rest.append(e)
    values = []
    for key in keys:
        if key in found:
            self.hits += 1
            values.append(found[key]["value"])
        else:
            self.misses += 1
            values.append(default)
    if found or dropped:
        self._entries = rest + [found[key] for key in wanted if key in found]
    return values
