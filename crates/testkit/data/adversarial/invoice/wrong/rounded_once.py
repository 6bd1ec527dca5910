# Rounds once at the end where there is no discount: counts may be weights.
def total(lines, discount=Decimal("0")):
    result = Decimal("0.00")
    if not discount:
        for count, price in lines:
            result += count * price
        return result.quantize(CENT, rounding=ROUND_HALF_UP)
    rest = Decimal("100") - discount
    for count, price in lines:
        result += (count * price * rest / 100).quantize(CENT, rounding=ROUND_HALF_UP)
    return result
