# Gives out one list again and again.
def chunked(items, size):
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk.clear()
    if chunk:
        yield chunk
