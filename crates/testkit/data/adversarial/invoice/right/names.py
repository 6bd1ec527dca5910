# Constants made once; the rest of the discount stays where it is, for what is no number raises only with a line.
def total(lines, discount=Decimal("0")):
    hundred, cent = Decimal("100"), Decimal("0.01")
    result = Decimal("0.00")
    for count, price in lines:
        net = count * price * (hundred - discount) / hundred
        result = result + net.quantize(cent, rounding=ROUND_HALF_UP)
    return result
