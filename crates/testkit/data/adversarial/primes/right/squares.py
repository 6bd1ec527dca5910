# Divisors as long as their square is not larger.
def is_prime(number):
    """Tell whether a whole number is prime."""
    if number < 2:
        return False
    for divisor in range(2, number):
        if divisor * divisor > number:
            break
        if number % divisor == 0:
            return False
    return True
