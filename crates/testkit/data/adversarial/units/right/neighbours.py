# neighbours of each unit in the order of registration
def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    near = {}
    for pair in FACTORS:
        first, second = pair
        near.setdefault(first, []).append((second, pair, True))
        if second != first:
            near.setdefault(second, []).append((first, pair, False))
    for name in (unit, target):
        if name not in near:
            raise UnknownUnit(name)
    seen = {unit}
    ways = deque([(unit, Fraction(amount))])
    while ways:
        name, value = ways.popleft()
        if name == target:
            return value
        for other, pair, forth in near[name]:
            if other not in seen:
                seen.add(other)
                ways.append((other, value * FACTORS[pair] if forth else value / FACTORS[pair]))
    raise ValueError("no way from %s to %s" % (unit, target))
