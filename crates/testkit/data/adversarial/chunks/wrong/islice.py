# islice fills each list in C, but takes no 2.0 where the loop compared lengths with it.
from itertools import islice


def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    source = iter(items)
    chunk = list(islice(source, size))
    while len(chunk) == size:
        yield chunk
        chunk = list(islice(source, size))
    if chunk:
        yield chunk
