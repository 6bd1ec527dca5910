# Looks at the limit after the item was asked.
def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    taken = []
    for item in items:
        if stop(item):
            return taken, True
        if limit is not None and len(taken) >= limit:
            break
        taken.append(item)
    return taken, False
