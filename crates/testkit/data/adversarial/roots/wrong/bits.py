# A first guess by the number of bits, which is too small for some degrees by one bit.
def root(number, degree=2):
    if number < 0:
        raise ValueError("no root of %d" % number)
    if degree < 1:
        raise ValueError("no root of degree %d" % degree)
    low = 0
    high = 1 << number.bit_length() // degree + 1
    if number.bit_length() > 60:
        high = 1 << round(number.bit_length() / degree)
    while high - low > 1:
        middle = (low + high) // 2
        if middle ** degree <= number:
            low = middle
        else:
            high = middle
    return low
