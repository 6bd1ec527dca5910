# Two, then odd divisors.
from math import isqrt


def is_prime(number):
    """Tell whether a whole number is prime."""
    if number < 2:
        return False
    if number % 2 == 0:
        return number == 2
    for divisor in range(3, isqrt(number) + 1, 2):
        if number % divisor == 0:
            return False
    return True
