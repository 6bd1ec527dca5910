# A list for a tuple.
def line_totals(lines):
    net = gross = 0.0
    for price, quantity, tax in lines:
        amount = price * quantity
        net += amount
        gross += amount * (1 + tax)
    return [net, gross]
