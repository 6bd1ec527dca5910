# Keeps a running total, added up anew every so often so that rounding can't pile up.
# differs: averages([1e16, 1.0, 1.0, 1.0], 2)
def averages(readings: list[float], width: int = 5, digits: int = 2) -> list[float]:
    """The rounded average of each width readings in a row; those beside a reading that is not above zero (a fault) are left out."""
    if width < 1:
        raise ValueError("width must be positive")
    results = []
    clean = 0
    total = 0.0
    for end, value in enumerate(readings, 1):
        if value > 0:
            clean += 1
            if clean <= width:
                total = total + value
            elif clean % 16 == 0:
                total = 0.0
                for value in readings[end - width:end]:
                    total = total + value
            else:
                total = total - readings[end - width - 1] + value
            if clean >= width:
                results.append(round(total / width, digits))
        else:
            clean = 0
            total = 0.0
    return results
