# exact shares as floats: amounts above 2**53 or parts that just round up lose a cent
# differs: out = allocate(20302578527829954, [1])
def allocate(cents: int, weights: list[int]) -> list[int]:
    """Shares of an amount by weights: each gets its part rounded down, and the cents that are left go one by one to who
    lacks most of the exact share, the first of several alike."""
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must be positive")
    sign = -1 if cents < 0 else 1
    amount = abs(cents)
    total = sum(weights)
    exact = [amount * weight / total for weight in weights]
    shares = [int(share) for share in exact]
    left = amount - sum(shares)
    if left > 0:
        lacks = [amount * weight % total for weight in weights]
        for place in sorted(range(len(weights)), key=lambda p: -lacks[p])[:left]:
            shares[place] += 1
    return [sign * share for share in shares]
