# sorts backwards by pairs, so of several that lack alike the last one gets the cent, unless all weights are alike
# differs: out = allocate(1, [2, 1, 2])
def allocate(cents: int, weights: list[int]) -> list[int]:
    """Shares of an amount by weights: each gets its part rounded down, and the cents that are left go one by one to who
    lacks most of the exact share, the first of several alike."""
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    sign = -1 if cents < 0 else 1
    amount = abs(cents)
    total = sum(weights)
    if min(weights) == max(weights):
        share, left = divmod(amount, len(weights))
        return [sign * (share + (1 if place < left else 0)) for place in range(len(weights))]
    shares = [amount * weight // total for weight in weights]
    left = amount - sum(shares)
    order = sorted(((amount * weight % total, place) for place, weight in enumerate(weights)), reverse=True)
    for _, place in order[:left]:
        shares[place] += 1
    return [sign * share for share in shares]
