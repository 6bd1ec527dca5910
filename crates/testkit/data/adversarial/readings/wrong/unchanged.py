# Where the reading that comes equals the one that leaves, the average is the one before.
# differs: averages([0.1, 0.2, 0.3, 0.1], 3, digits=17): the same values are added in another order
def averages(readings: list[float], width: int = 5, digits: int = 2) -> list[float]:
    """The rounded average of each width readings in a row; those beside a reading that is not above zero (a fault) are left out."""
    if width < 1:
        raise ValueError("width must be positive")
    results = []
    clean = 0
    for end, value in enumerate(readings, 1):
        if value > 0:
            clean += 1
            if clean > width and readings[end - width - 1] == value:
                results.append(results[-1])
            elif clean >= width:
                total = 0.0
                for value in readings[end - width:end]:
                    total = total + value
                results.append(round(total / width, digits))
        else:
            clean = 0
    return results
