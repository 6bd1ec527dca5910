"""Invoices."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def total(lines, discount=Decimal("0")):
    """Return the sum of all lines ``(count, price)``, each less the discount in percent and rounded to cents."""
    result = Decimal("0.00")
    for count, price in lines:
        net = count * price * (Decimal("100") - discount) / Decimal("100")
        result = result + net.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return result
