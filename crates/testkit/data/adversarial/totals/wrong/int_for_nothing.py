# The sum of nothing is the int 0.
def line_totals(lines):
    amounts = [(price * quantity, tax) for price, quantity, tax in lines]
    return sum(a for a, _ in amounts), sum(a * (1 + t) for a, t in amounts)
