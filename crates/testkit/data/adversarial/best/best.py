"""The best few."""


def best(items, count, key):
    """Return the `count` items with the largest key, largest first; equal ones as they came."""
    if count <= 0:
        return []
    rest = list(items)
    result = []
    while rest and len(result) < count:
        top = 0
        for position in range(1, len(rest)):
            if key(rest[position]) > key(rest[top]):
                top = position
        result.append(rest[top])
        rest = rest[:top] + rest[top + 1 :]
    return result
