# A Fermat test to base 2 takes 341 for a prime.
def is_prime(number):
    if number < 2:
        return False
    return number == 2 or pow(2, number - 1, number) == 1
