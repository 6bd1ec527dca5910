# who lacks most by one sort, which keeps the order of those alike; nobody gets two
def allocate(cents: int, weights: list[int]) -> list[int]:
    """Shares of an amount by weights: each gets its part rounded down, and the cents that are left go one by one to who
    lacks most of the exact share, the first of several alike."""
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    sign = -1 if cents < 0 else 1
    amount = abs(cents)
    total = sum(weights)
    shares = []
    lacks = []
    for weight in weights:
        shares.append(amount * weight // total)
        lacks.append(amount * weight % total)
    left = amount - sum(shares)
    if left > 0:
        for place in sorted(range(len(weights)), key=lacks.__getitem__, reverse=True)[:left]:
            shares[place] += 1
    return [sign * share for share in shares]
