# Divisors up to the root.
from math import isqrt


def is_prime(number):
    """Tell whether a whole number is prime."""
    if number < 2:
        return False
    for divisor in range(2, isqrt(number) + 1):
        if number % divisor == 0:
            return False
    return True
