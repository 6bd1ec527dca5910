"""Amounts of money for people."""

from decimal import Decimal


def show(amount, currency="EUR"):
    """Return an amount with its thousands divided, as many places as it has."""
    text = str(amount)
    sign = ""
    if text.startswith("-"):
        sign = "-"
        text = text[1:]
    whole, dot, places = text.partition(".")
    grouped = ""
    while len(whole) > 3:
        grouped = "," + whole[-3:] + grouped
        whole = whole[:-3]
    return sign + whole + grouped + dot + places + " " + currency
