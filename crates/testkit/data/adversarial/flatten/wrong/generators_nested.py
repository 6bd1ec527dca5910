# A frame of a generator on top of each level: half as deep is too deep.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    def walk(items, depth):
        for item in items:
            if isinstance(item, (list, tuple)) and (depth is None or depth > 0):
                yield from [found for found in walk(item, None if depth is None else depth - 1)]
            else:
                yield item

    return list(walk(items, depth))
