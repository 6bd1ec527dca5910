# fsum rounds once; the left-to-right sum rounds at each step.
import math


def line_totals(lines):
    lines = list(lines)
    net = math.fsum(price * quantity for price, quantity, tax in lines)
    gross = math.fsum(price * quantity * (1 + tax) for price, quantity, tax in lines)
    return net, gross
