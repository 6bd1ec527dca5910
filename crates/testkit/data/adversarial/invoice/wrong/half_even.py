# The default rounding is half to even.
def total(lines, discount=Decimal("0")):
    factor = (Decimal("100") - discount) / Decimal("100")
    result = Decimal("0.00")
    for count, price in lines:
        result += (count * price * factor).quantize(CENT)
    return result
