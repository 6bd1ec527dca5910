# Another text in the exception.
from itertools import islice


def chunked(items, size):
    if size < 1:
        raise ValueError("size must be positive")
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk
