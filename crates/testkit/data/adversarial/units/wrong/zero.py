# stops as soon as the target is seen instead of taken from the queue, so a factor of zero that is only met on the way isn't divided by
# differs: register("x", 0, "m"); out = convert(1, "m", "cm")
def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    near = {}
    for first, second in FACTORS:
        near.setdefault(first, []).append((second, True))
        near.setdefault(second, []).append((first, False))
    for name in (unit, target):
        if name not in near:
            raise UnknownUnit(name)
    if unit == target:
        return Fraction(amount)
    seen = {unit}
    ways = deque([(unit, Fraction(amount))])
    while ways:
        name, value = ways.popleft()
        for other, forth in near[name]:
            if other not in seen:
                after = value * FACTORS[(name, other)] if forth else value / FACTORS[(other, name)]
                if other == target:
                    return after
                seen.add(other)
                ways.append((other, after))
    raise ValueError("no way from %s to %s" % (unit, target))
