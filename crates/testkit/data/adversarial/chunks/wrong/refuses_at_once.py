# Raises when called and not when first asked; and is no generator any more.
from itertools import islice


def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")

    def walk():
        source = iter(items)
        while chunk := list(islice(source, size)):
            yield chunk

    return walk()
