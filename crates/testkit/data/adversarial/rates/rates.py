"""Conversion of units over a table that users extend."""

FACTORS = {("km", "m"): 1000, ("m", "cm"): 100, ("h", "min"): 60, ("min", "s"): 60}


class NoWay(Exception):
    """Nothing leads from one unit to the other."""


def define(source, target, factor):
    """Add a way from a unit to another, or change it."""
    FACTORS[source, target] = factor


def forget(source, target):
    """Take a way out."""
    del FACTORS[source, target]


def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    reached = [source]
    queue = [(source, amount)]
    while queue:
        unit, value = queue.pop(0)
        for (first, second), factor in FACTORS.items():
            if first == unit and second not in reached:
                found = value * factor
                if second == target:
                    return found
                reached.append(second)
                queue.append((second, found))
    raise NoWay(source + " to " + target)
