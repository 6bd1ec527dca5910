# looks at the dictionary of first entries; when one of a key loaded twice was too old, the second isn't seen any more in this call
# differs: c = Cache(5, ttl=1); c.load([("a", 1)]); c.tick(2); c.load([("a", 2)]); out = c.get_many(["a", "a"])
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    if not keys:
        return []
    now = self.now
    first = {}
    order = {}
    for number, e in enumerate(self._entries):
        order[number] = e
        first.setdefault(e["key"], number)
    count = number = len(order)
    values = []
    for key in keys:
        place = first.pop(key, None)
        found = None if place is None else order.pop(place)
        if found is None or (found["until"] is not None and found["until"] <= now):
            self.misses += 1
            values.append(default)
        else:
            self.hits += 1
            order[number] = found
            first[key] = number
            number += 1
            values.append(found["value"])
    if number > count or len(order) < count:
        self._entries = list(order.values())
    return values
