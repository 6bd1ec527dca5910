"""Nested lists made flat."""


def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    result = []
    for item in items:
        if isinstance(item, (list, tuple)) and (depth is None or depth > 0):
            result = result + flatten(item, None if depth is None else depth - 1)
        else:
            result = result + [item]
    return result
