# Comparisons in place of min and max.
def merged(spans):
    """Return spans as sorted (start, end) pairs in which no two touch or overlap."""
    result = []
    for start, end in spans:
        if start > end:
            start, end = end, start
        keep = []
        for span in result:
            low, high = span
            if high < start or low > end:
                keep.append(span)
            else:
                if low < start:
                    start = low
                if high > end:
                    end = high
        keep.append((start, end))
        result = keep
    result.sort()
    return result
