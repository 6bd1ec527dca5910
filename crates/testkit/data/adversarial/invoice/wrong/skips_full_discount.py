# A discount of 100 or more gives nothing: more than 100 gave money back.
def total(lines, discount=Decimal("0")):
    if discount >= 100:
        for count, price in lines:
            pass
        return Decimal("0.00")
    rest = Decimal("100") - discount
    hundred = Decimal("100")
    result = Decimal("0.00")
    for count, price in lines:
        result += (count * price * rest / hundred).quantize(CENT, rounding=ROUND_HALF_UP)
    return result
