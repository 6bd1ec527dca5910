# Tuples for lists.
from itertools import islice


def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    source = iter(items)
    while chunk := tuple(islice(source, size)):
        yield chunk
