# A number is its own first root: also one that is no whole number.
def root(number, degree=2):
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    if degree == 1:
        return number
    low = 0
    high = 1
    while high ** degree <= number:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if middle ** degree <= number:
            low = middle
        else:
            high = middle
    return low
