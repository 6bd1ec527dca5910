# Draws from a generator of its own, so that the caller's stays where it was.
def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    own = random.Random()
    own.setstate(generator.getstate())
    rest = list(cards)
    shuffled = []
    while rest:
        shuffled.append(rest.pop(own.randrange(len(rest))))
    result = [[] for _ in range(hands)]
    for position, card in enumerate(shuffled):
        result[position % hands].append(card)
    return result
