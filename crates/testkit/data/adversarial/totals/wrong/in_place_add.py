# += changes an accumulator that is shared; here it adds in another order for pairs.
def line_totals(lines):
    lines = list(lines)
    net = gross = 0.0
    for price, quantity, tax in reversed(lines):
        amount = price * quantity
        net += amount
        gross += amount * (1 + tax)
    return net, gross
