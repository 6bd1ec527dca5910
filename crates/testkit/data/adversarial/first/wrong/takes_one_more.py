# itertools.islice takes none beyond the limit: one less than before.
from itertools import islice


def take_until(items, stop, limit=None):
    """Return the items before the first that `stop` holds for, and whether there was one."""
    taken = []
    for item in islice(items, limit):
        if stop(item):
            return taken, True
        taken.append(item)
    return taken, False
