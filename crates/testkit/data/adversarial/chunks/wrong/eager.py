# Takes the whole stream before the first chunk.
def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start:start + size]
