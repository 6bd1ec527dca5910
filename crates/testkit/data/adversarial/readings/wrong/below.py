# A fault is a reading at or below zero.
# differs: averages([1.0, float('nan'), 2.0], 1) : nan is not above zero
def averages(readings: list[float], width: int = 5, digits: int = 2) -> list[float]:
    """The rounded average of each width readings in a row; those beside a reading that is not above zero (a fault) are left out."""
    if width < 1:
        raise ValueError("width must be positive")
    results = []
    clean = 0
    for end, value in enumerate(readings, 1):
        if value <= 0:
            clean = 0
            continue
        clean += 1
        if clean >= width:
            total = 0.0
            for value in readings[end - width:end]:
                total = total + value
            results.append(round(total / width, digits))
    return results
