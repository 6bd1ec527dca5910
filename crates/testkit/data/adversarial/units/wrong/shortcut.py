# a direct factor is the shortest way, whichever way round; where both are registered the first of them counts
# differs: register("c", 2, "f"); register("f", 3, "c"); out = convert(1, "f", "c")
def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    if unit != target:
        factor = FACTORS.get((unit, target))
        if factor is not None:
            return amount * factor
        factor = FACTORS.get((target, unit))
        if factor is not None:
            return Fraction(amount) / factor
    near = {}
    for first, second in FACTORS:
        near.setdefault(first, []).append((second, True))
        near.setdefault(second, []).append((first, False))
    for name in (unit, target):
        if name not in near:
            raise UnknownUnit(name)
    seen = {unit}
    ways = deque([(unit, Fraction(amount))])
    while ways:
        name, value = ways.popleft()
        if name == target:
            return value
        for other, forth in near[name]:
            if other not in seen:
                seen.add(other)
                ways.append((other, value * FACTORS[(name, other)] if forth else value / FACTORS[(other, name)]))
    raise ValueError("no way from %s to %s" % (unit, target))
