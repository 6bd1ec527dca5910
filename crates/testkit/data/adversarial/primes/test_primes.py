import pytest

from primes import is_prime


def test_small_numbers():
    assert [number for number in range(-3, 60) if is_prime(number)] == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]


@pytest.mark.parametrize("number", [997, 1009, 2003, 4001, 7919])
def test_larger_primes(number):
    assert is_prime(number)
    assert not is_prime(number * 3)
