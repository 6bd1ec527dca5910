import pytest

from table import Rates


def test_steps():
    rates = Rates([(100, 0.3), (0, 0.1), (50, 0.2)])
    assert [rates.at(amount) for amount in (0, 49, 50, 99, 100, 1e9)] == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    with pytest.raises(ValueError, match="no rate for -1"):
        rates.at(-1)
    with pytest.raises(ValueError):
        Rates([]).at(3)


def test_many():
    rates = Rates([(number * 3, number) for number in range(300)])
    assert [rates.at(amount) for amount in range(0, 900, 31)] == [amount // 3 for amount in range(0, 900, 31)]
