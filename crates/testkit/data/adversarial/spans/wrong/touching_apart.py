# Spans that only touch stay apart.
def merged(spans):
    """Return spans as sorted (start, end) pairs in which no two touch or overlap."""
    result = []
    for start, end in sorted((min(span), max(span)) for span in spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result
