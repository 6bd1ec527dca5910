# A generator for a list.
def moving_average(values, window):
    return (sum(values[start:start + window]) / window for start in range(len(values) - window + 1))
