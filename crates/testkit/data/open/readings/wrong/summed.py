# sum() over the slice.
# differs: averages([1e16, 1.0, 1.0], 3): sum() keeps what is lost since Python 3.12; averages([0.1]*10, 10, 17)
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
                results.append(round(sum(readings[end - width:end], 0.0) / width, digits))
        else:
            clean = 0
    return results
