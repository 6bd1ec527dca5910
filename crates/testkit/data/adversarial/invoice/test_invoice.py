from decimal import Decimal

from invoice import total


def test_plain():
    assert total([(1, Decimal("9.99"))]) == Decimal("9.99")
    assert total([(3, Decimal("1.50")), (2, Decimal("0.25"))]) == Decimal("5.00")
    assert total([]) == Decimal("0")
    assert str(total([(2, Decimal("10"))])) == "20.00"


def test_discount():
    assert total([(10, Decimal("3.20"))], Decimal("10")) == Decimal("28.80")
    assert total([(1, Decimal("19.99")), (4, Decimal("5.00"))], Decimal("20")) == Decimal("31.99")
    assert total([(1, Decimal("7.40"))], Decimal("100")) == Decimal("0.00")


def test_weights():
    assert total([(Decimal("1.250"), Decimal("3.99"))]) == Decimal("4.99")


def test_many():
    lines = [(number % 7 + 1, Decimal(number) / 100) for number in range(100, 400)]
    assert total(lines) == sum(count * price for count, price in lines)
    assert total(lines, Decimal("50")) < total(lines)
    assert total([(-1, Decimal("5.00"))] + lines) == total(lines) - 5
