"""Dealing cards."""

import random


def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    rest = list(cards)
    shuffled = []
    while rest:
        index = generator.randrange(len(rest))
        shuffled = shuffled + [rest[index]]
        rest = rest[:index] + rest[index + 1 :]
    result = [[] for _ in range(hands)]
    for position in range(len(shuffled)):
        result[position % hands].append(shuffled[position])
    return result
