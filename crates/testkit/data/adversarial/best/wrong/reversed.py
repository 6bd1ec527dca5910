# Sorted and turned round: equal ones come the other way.
def best(items, count, key):
    """Return the `count` items with the largest key, largest first; equal ones as they came."""
    if count <= 0:
        return []
    return sorted(items, key=key)[::-1][:count]
