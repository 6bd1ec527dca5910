# Adds the tax apart: another rounding.
def line_totals(lines):
    net = 0.0
    tax_total = 0.0
    for price, quantity, tax in lines:
        amount = price * quantity
        net += amount
        tax_total += amount * tax
    return net, net + tax_total
