# A private helper fills one list for all levels.
def _fill(items, depth, keep):
    for item in items:
        if isinstance(item, (list, tuple)) and (depth is None or depth > 0):
            _fill(item, None if depth is None else depth - 1, keep)
        else:
            keep(item)


def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    result = []
    _fill(items, depth, result.append)
    return result
