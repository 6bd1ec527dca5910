"""Spans of numbers."""


def merged(spans):
    """Return spans as sorted (start, end) pairs in which no two touch or overlap."""
    result = []
    for start, end in spans:
        if start > end:
            start, end = end, start
        keep = []
        for low, high in result:
            if high < start or low > end:
                keep.append((low, high))
            else:
                start = min(start, low)
                end = max(end, high)
        keep.append((start, end))
        result = keep
    result.sort()
    return result
