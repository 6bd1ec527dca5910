# Rounds a float and corrects downwards.
def root(number, degree=2):
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    if number < 1 << 80:
        found = round(number ** (1 / degree))
        return found - 1 if found ** degree > number else found
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
