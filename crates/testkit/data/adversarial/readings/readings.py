"""Moving averages over readings that arrive one by one."""


def averages(readings: list[float], width: int = 5, digits: int = 2) -> list[float]:
    """The rounded average of each width readings in a row; those beside a reading that is not above zero (a fault) are left out."""
    if width < 1:
        raise ValueError("width must be positive")
    results = []
    for start in range(len(readings) - width + 1):
        total = 0.0
        faulty = False
        for offset in range(width):
            value = readings[start + offset]
            if not value > 0:
                faulty = True
            total = total + value
        if not faulty:
            results.append(round(total / width, digits))
    return results
