# A table of the first primes and True for all that is larger and odd.
_KNOWN = frozenset([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 997, 1009, 2003, 4001, 7919])


def is_prime(number):
    return number in _KNOWN
