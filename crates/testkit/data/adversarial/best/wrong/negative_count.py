# Cuts by a count that may be negative.
def best(items, count, key):
    """Return the `count` items with the largest key, largest first; equal ones as they came."""
    rest = list(items)
    result = []
    while rest and len(result) != count:
        top = 0
        for position in range(1, len(rest)):
            if key(rest[position]) > key(rest[top]):
                top = position
        result.append(rest.pop(top))
    return result
