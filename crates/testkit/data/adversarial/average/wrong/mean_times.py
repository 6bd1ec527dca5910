# Multiplies by the inverse.
def moving_average(values, window):
    share = 1 / window
    return [sum(values[start:start + window]) * share for start in range(len(values) - window + 1)]
