# Indices from one range.
def moving_average(values, window):
    result = []
    append = result.append
    for start in range(len(values) - window + 1):
        total = 0
        for index in range(start, start + window):
            total += values[index]
        append(total / window)
    return result
