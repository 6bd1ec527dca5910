# The middle by adding half the way.
def root(number, degree=2):
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    low, high = 0, 1
    while high ** degree <= number:
        high += high
    while high - low > 1:
        middle = low + high >> 1
        if middle ** degree <= number:
            low = middle
        else:
            high = middle
    return low
