# Reads one item ahead of what it gives out.
def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    chunk = []
    for item in items:
        if len(chunk) == size:
            yield chunk
            chunk = []
        chunk.append(item)
    if chunk:
        yield chunk
