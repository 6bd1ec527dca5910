# One name less for each step.
def line_totals(lines):
    net = 0.0
    gross = 0.0
    one = 1
    for price, quantity, tax in lines:
        price = price * quantity
        net = net + price
        gross = gross + price * (one + tax)
    return net, gross
