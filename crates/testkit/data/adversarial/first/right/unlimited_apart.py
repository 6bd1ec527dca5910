# The common way, without a limit, asks for none.
def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    taken = []
    if limit is None:
        for item in items:
            if stop(item):
                return taken, True
            taken.append(item)
        return taken, False
    for item in items:
        if len(taken) >= limit:
            break
        if stop(item):
            return taken, True
        taken.append(item)
    return taken, False
