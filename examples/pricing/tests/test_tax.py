import pytest

from pricing import total_tax


@pytest.mark.parametrize("count", [1, 10, 1_000, 5_000])
def test_tax_of_equal_amounts(count):
    assert total_tax([2.5] * count) == pytest.approx(count * 2.5 * 0.19)


def test_tax_of_nothing_is_a_float():
    tax = total_tax([])
    assert tax == 0.0
    assert isinstance(tax, float)


def test_many_small_amounts():
    amounts = [number * 0.01 for number in range(5_000)]
    for _ in range(20):
        assert total_tax(amounts) > 0
