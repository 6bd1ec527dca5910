# Exact lists and tuples only: subclasses stay whole.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    result = []
    for item in items:
        if type(item) in (list, tuple) and (depth is None or depth > 0):
            result.extend(flatten(item, None if depth is None else depth - 1))
        else:
            result.append(item)
    return result
