# Asks the last item again whether it stops.
def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    taken = []
    for item in items:
        if limit is not None and len(taken) >= limit:
            break
        if stop(item):
            break
        taken.append(item)
    else:
        return taken, False
    if limit is not None and len(taken) >= limit:
        return taken, False
    return taken, bool(stop(item))
