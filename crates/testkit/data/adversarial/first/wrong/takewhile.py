# takewhile tells neither whether it stopped nor why.
from itertools import takewhile


def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    items = list(items)
    taken = list(takewhile(lambda item: not stop(item), items))
    if limit is not None and len(taken) > limit:
        return taken[:limit], False
    return taken, len(taken) < len(items)
