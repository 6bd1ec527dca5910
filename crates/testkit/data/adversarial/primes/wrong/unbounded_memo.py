# Remembers every number for ever.
_seen = {}


def is_prime(number):
    if number not in _seen:
        _seen[number] = number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))
    return _seen[number]
