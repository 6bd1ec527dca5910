# Jumps behind a fault, and adds in the same order without looking at each value again.
def averages(readings: list[float], width: int = 5, digits: int = 2) -> list[float]:
    """The rounded average of each width readings in a row; those beside a reading that is not above zero (a fault) are left out."""
    if width < 1:
        raise ValueError("width must be positive")
    results = []
    clean = 0
    for end, value in enumerate(readings, 1):
        if value > 0:
            clean += 1
            if clean >= width:
                total = 0.0
                for value in readings[end - width:end]:
                    total = total + value
                results.append(round(total / width, digits))
        else:
            clean = 0
    return results
