# Slices for no hands at all: nobody hears that the cards were lost.
def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    rest = list(cards)
    shuffled = []
    draw = generator.randrange
    while rest:
        shuffled.append(rest.pop(draw(len(rest))))
    return [shuffled[first::hands] for first in range(hands)]
