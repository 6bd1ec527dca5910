# Remembers what was shown: 1.5 and 1.50 are equal and written otherwise.
from functools import lru_cache


@lru_cache(maxsize=256)
def show(amount, currency="EUR"):
    text = str(amount)
    sign = ""
    if text[:1] == "-":
        sign = "-"
        text = text[1:]
    whole, dot, places = text.partition(".")
    grouped = ""
    while len(whole) > 3:
        grouped = "," + whole[-3:] + grouped
        whole = whole[:-3]
    return f"{sign}{whole}{grouped}{dot}{places} {currency}"
