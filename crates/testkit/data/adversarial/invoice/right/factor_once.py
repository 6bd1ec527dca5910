# The factor is worked out once: it is no end of digits for a third.
def total(lines, discount=Decimal("0")):
    factor = (Decimal("100") - discount) / Decimal("100")
    result = Decimal("0.00")
    for count, price in lines:
        result += (count * price * factor).quantize(CENT, rounding=ROUND_HALF_UP)
    return result
