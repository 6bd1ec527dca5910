# Leaves out the root: squares of primes pass.
def is_prime(number):
    if number < 2:
        return False
    for divisor in range(2, int(number**0.5)):
        if number % divisor == 0:
            return False
    return True
