# So do differences of prefix sums.
from itertools import accumulate


def moving_average(values, window):
    sums = [0, *accumulate(values)]
    return [(sums[end] - sums[end - window]) / window for end in range(window, len(sums))]
