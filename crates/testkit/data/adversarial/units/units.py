"""Converts between units by a table of factors that anybody may add to."""
from collections import deque
from fractions import Fraction

FACTORS = {}


class UnknownUnit(Exception):
    def __init__(self, unit):
        super().__init__("unknown unit: " + unit)
        self.unit = unit


def register(unit: str, factor, other: str):
    """One `unit` is `factor` of `other`."""
    FACTORS[(unit, other)] = Fraction(factor)


def forget(unit: str):
    for pair in list(FACTORS):
        if unit in pair:
            del FACTORS[pair]


def reset():
    FACTORS.clear()
    for unit, factor, other in (("km", 1000, "m"), ("m", 100, "cm"), ("cm", 10, "mm"), ("in", "2.54", "cm"),
                                ("ft", 12, "in"), ("h", 60, "min"), ("min", 60, "s")):
        register(unit, factor, other)


reset()


def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    known = []
    for pair in FACTORS:
        known = known + [pair[0], pair[1]]
    for name in (unit, target):
        if name not in known:
            raise UnknownUnit(name)
    ways = [(unit, Fraction(amount))]
    seen = [unit]
    while ways:
        name, value = ways.pop(0)
        if name == target:
            return value
        for pair in list(FACTORS):
            if pair[0] == name and pair[1] not in seen:
                seen = seen + [pair[1]]
                ways.append((pair[1], value * FACTORS[pair]))
            elif pair[1] == name and pair[0] not in seen:
                seen = seen + [pair[0]]
                ways.append((pair[0], value / FACTORS[pair]))
    raise ValueError("no way from %s to %s" % (unit, target))
