# zip drops the last short chunk where the length is no multiple.
def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    source = iter(items)
    for chunk in zip(*[source] * size):
        yield list(chunk)
