# heapq asks each key once: a function that counts its calls or fails on the third tells it apart.
from heapq import nlargest


def best(items, count, key):
    """Return the `count` items with the largest key, largest first; equal ones as they came."""
    if count <= 0:
        return []
    return nlargest(count, items, key=key)
