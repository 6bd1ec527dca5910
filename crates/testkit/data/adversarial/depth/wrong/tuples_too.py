# Counts tuples as well.
def depth(value):
    if not isinstance(value, (list, tuple)):
        return 0
    return 1 + max(map(depth, value), default=0)
