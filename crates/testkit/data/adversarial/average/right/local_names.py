# The inner loop over a range of its own.
def moving_average(values, window):
    result = []
    steps = range(window)
    for start in range(len(values) - window + 1):
        total = 0
        for offset in steps:
            total += values[start + offset]
        result.append(total / window)
    return result
