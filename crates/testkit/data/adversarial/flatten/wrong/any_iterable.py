# Everything that can be walked is made flat, but for texts.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    result = []
    for item in items:
        if hasattr(item, "__iter__") and not isinstance(item, str) and (depth is None or depth > 0):
            result.extend(flatten(item, None if depth is None else depth - 1))
        else:
            result.append(item)
    return result
