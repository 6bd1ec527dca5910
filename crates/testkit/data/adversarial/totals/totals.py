"""Totals of order lines."""


def line_totals(lines):
    """Return ``(net, gross)`` of lines ``(price, quantity, tax)``; sums go from left to right."""
    net = 0.0
    gross = 0.0
    for price, quantity, tax in lines:
        amount = price * quantity
        net = net + amount
        gross = gross + amount * (1 + tax)
    return net, gross
