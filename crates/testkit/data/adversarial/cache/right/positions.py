# entries in a dictionary by their number, so that one is taken out and put at the end at once
def get_many(self, keys: list[str], default=None) -> list:
    """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
    values = []
    if not keys:
        return values
    entries = self._entries
    places = {}
    order = {}
    for number, entry in enumerate(entries):
        order[number] = entry
        places.setdefault(entry["key"], {})[number] = None
    number = len(order)
    changed = False
    for key in keys:
        mine = places.get(key)
        if not mine:
            self.misses += 1
            values.append(default)
            continue
        first = next(iter(mine))
        found = order[first]
        until = found["until"]
        changed = True
        del order[first], mine[first]
        if until is not None and until <= self.now:
            self.misses += 1
            values.append(default)
        else:
            self.hits += 1
            order[number] = found
            mine[number] = None
            number += 1
            values.append(found["value"])
    if changed:
        self._entries = list(order.values())
    return values
