"""Taxes."""


def total_tax(amounts):
    """Return the tax on all amounts together, as a float, at 19 percent."""
    total = 0.0
    for amount in amounts:
        total += amount
    return total * 0.19
