"""Splits amounts of money among several people; amounts are whole cents."""


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
    while left > 0:
        best = None
        for place in range(len(weights)):
            if best is None or lacks[place] > lacks[best]:
                best = place
        shares[best] += 1
        lacks[best] -= total
        left -= 1
    return [sign * share for share in shares]


def split_evenly(cents: int, people: int) -> list[int]:
    return allocate(cents, [1] * people)
