"""Smoothing."""


def moving_average(values, window):
    """Return the mean of each ``window`` neighbours; fewer values than that give an empty list."""
    result = []
    for start in range(len(values) - window + 1):
        total = 0
        for offset in range(window):
            total += values[start + offset]
        result.append(total / window)
    return result
