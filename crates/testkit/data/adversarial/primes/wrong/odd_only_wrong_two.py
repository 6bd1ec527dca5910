# Says that 2 is no prime, as all even numbers.
def is_prime(number):
    if number < 2 or number % 2 == 0:
        return False
    for divisor in range(3, int(number**0.5) + 1, 2):
        if number % divisor == 0:
            return False
    return True
