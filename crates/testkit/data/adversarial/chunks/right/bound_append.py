# A count instead of len at each item.
def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    chunk = []
    left = size
    for item in items:
        chunk.append(item)
        left -= 1
        if left == 0:
            yield chunk
            chunk = []
            left = size
    if chunk:
        yield chunk
