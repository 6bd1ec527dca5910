# pop takes a card out in place of two slices; the same numbers are drawn.
def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    rest = list(cards)
    shuffled = []
    draw = generator.randrange
    while rest:
        shuffled.append(rest.pop(draw(len(rest))))
    result = [[] for _ in range(hands)]
    for position, card in enumerate(shuffled):
        result[position % hands].append(card)
    return result
