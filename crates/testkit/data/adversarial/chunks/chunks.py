"""Cutting of streams."""


def chunked(items, size):
    """Yield lists of ``size`` items; the last may be shorter."""
    if size < 1:
        raise ValueError(f"size must be positive, not {size}")
    chunk = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
