from decimal import Decimal

import pytest

from amounts import show


@pytest.mark.parametrize("amount, text", [
    ("0", "0 EUR"),
    ("1.5", "1.5 EUR"),
    ("12.34", "12.34 EUR"),
    ("999", "999 EUR"),
    ("1000", "1,000 EUR"),
    ("1234567.89", "1,234,567.89 EUR"),
    ("-5.25", "-5.25 EUR"),
    ("-123456", "-123,456 EUR"),
    ("0.001", "0.001 EUR"),
])
def test_amounts(amount, text):
    assert show(Decimal(amount)) == text


def test_currency():
    assert show(Decimal("7.00"), "USD") == "7.00 USD"
    assert show(Decimal("1000000"), currency="JPY") == "1,000,000 JPY"


def test_sum():
    assert show(sum([Decimal("0.10")] * 3)) == "0.30 EUR"
