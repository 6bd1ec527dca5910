# The last card needs no draw, but it had one.
def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    rest = list(cards)
    shuffled = []
    while len(rest) > 1:
        shuffled.append(rest.pop(generator.randrange(len(rest))))
    shuffled += rest
    result = [[] for _ in range(hands)]
    for position, card in enumerate(shuffled):
        result[position % hands].append(card)
    return result
