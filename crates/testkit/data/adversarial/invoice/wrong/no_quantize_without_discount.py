# Cents in whole numbers where counts are whole: prices may have three places, and NaN and the precision are others.
def total(lines, discount=Decimal("0")):
    result = Decimal("0.00")
    cents = 0
    for count, price in lines:
        if type(count) is int and not discount:
            cents += count * int(price * 100)
        else:
            net = count * price * (Decimal("100") - discount) / Decimal("100")
            result += net.quantize(CENT, rounding=ROUND_HALF_UP)
    return result + Decimal(cents).scaleb(-2)
