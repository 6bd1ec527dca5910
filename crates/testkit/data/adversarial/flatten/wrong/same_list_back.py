# What is flat already comes back as it is, not as a list of its own.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    if isinstance(items, list) and not any(isinstance(item, (list, tuple)) for item in items):
        return items
    result = []
    for item in items:
        if isinstance(item, (list, tuple)) and (depth is None or depth > 0):
            result.extend(flatten(item, None if depth is None else depth - 1))
        else:
            result.append(item)
    return result
