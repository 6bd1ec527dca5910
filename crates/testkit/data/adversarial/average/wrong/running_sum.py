# A running sum is linear and rounds otherwise.
def moving_average(values, window):
    result = []
    if len(values) < window:
        return result
    total = sum(values[:window])
    result.append(total / window)
    for index in range(window, len(values)):
        total += values[index] - values[index - window]
        result.append(total / window)
    return result
