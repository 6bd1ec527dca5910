# multiplies the factors of the way found, from the target's side as a search from there is as good: of two ways as short another may win
# differs: register("a", 2, "b"); register("a", 3, "c"); register("c", 5, "d"); register("b", 7, "d"); out = convert(1, "a", "d")
def convert(amount: int, unit: str, target: str) -> Fraction:
    """The amount in another unit, by the fewest steps; of several ways with as many, the one whose steps were registered first."""
    near = {}
    for pair in FACTORS:
        near.setdefault(pair[0], []).append((pair[1], pair))
        near.setdefault(pair[1], []).append((pair[0], pair))
    for name in (unit, target):
        if name not in near:
            raise UnknownUnit(name)
    after = {target: None}
    names = deque([target])
    while names and unit not in after:
        name = names.popleft()
        for other, pair in near[name]:
            if other not in after:
                after[other] = (name, pair)
                names.append(other)
    if unit not in after:
        raise ValueError("no way from %s to %s" % (unit, target))
    value = Fraction(amount)
    name = unit
    while name != target:
        other, pair = after[name]
        value = value * FACTORS[pair] if pair[0] == name else value / FACTORS[pair]
        name = other
    return value
