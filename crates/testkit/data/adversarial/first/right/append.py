# append, bound once.
def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    taken = []
    keep = taken.append
    for item in items:
        if limit is not None and len(taken) >= limit:
            break
        if stop(item):
            return taken, True
        keep(item)
    return taken, False
