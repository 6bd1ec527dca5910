# people of one weight get the same but for a cent, so it works out each weight once and gives the spare cents by weight in turn
# differs: out = allocate(22, [1, 4, 1])
def allocate(cents: int, weights: list[int]) -> list[int]:
    """Shares of an amount by weights: each gets its part rounded down, and the cents that are left go one by one to who
    lacks most of the exact share, the first of several alike."""
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    sign = -1 if cents < 0 else 1
    amount = abs(cents)
    total = sum(weights)
    groups = {}
    for place, weight in enumerate(weights):
        groups.setdefault(weight, []).append(place)
    shares = [0] * len(weights)
    left = amount
    order = []
    for weight, places in groups.items():
        share, lack = divmod(amount * weight, total)
        left -= share * len(places)
        order.append((-lack, places[0], places))
        for place in places:
            shares[place] = share
    order.sort()
    for _, _, places in order:
        for place in places[:left]:
            shares[place] += 1
        left -= min(left, len(places))
    return [sign * share for share in shares]
