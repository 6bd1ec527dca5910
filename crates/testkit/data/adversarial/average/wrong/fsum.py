# fsum rounds once.
from math import fsum


def moving_average(values, window):
    return [fsum(values[start:start + window]) / window for start in range(len(values) - window + 1)]
