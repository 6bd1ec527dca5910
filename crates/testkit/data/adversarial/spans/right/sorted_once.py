# Ordered pairs sorted once, then one walk; whole numbers alone, since only they keep order and type for sure.
def merged(spans):
    """Return spans as sorted (start, end) pairs in which no two touch or overlap."""
    spans = list(spans)
    pairs = []
    for start, end in spans:
        if type(start) is not int or type(end) is not int:
            return _one_by_one(spans)
        pairs.append((start, end) if start <= end else (end, start))
    pairs.sort()
    result = []
    for start, end in pairs:
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def _one_by_one(spans):
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
