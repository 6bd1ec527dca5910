# neighbours forth first, then those back: another way if both are as short
# differs: register("b", 2, "a"); register("a", 3, "c"); register("b", 5, "d"); register("c", 7, "d"); out = convert(1, "a", "d")
def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    forth = {}
    back = {}
    for first, second in FACTORS:
        forth.setdefault(first, []).append(second)
        back.setdefault(second, []).append(first)
    for name in (unit, target):
        if name not in forth and name not in back:
            raise UnknownUnit(name)
    seen = {unit}
    ways = deque([(unit, Fraction(amount))])
    while ways:
        name, value = ways.popleft()
        if name == target:
            return value
        for other in forth.get(name, ()):
            if other not in seen:
                seen.add(other)
                ways.append((other, value * FACTORS[(name, other)]))
        for other in back.get(name, ()):
            if other not in seen:
                seen.add(other)
                ways.append((other, value / FACTORS[(other, name)]))
    raise ValueError("no way from %s to %s" % (unit, target))
