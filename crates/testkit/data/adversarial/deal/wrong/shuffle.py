# random.shuffle draws other numbers.
def deal(cards, hands, generator=random):
    """Return `hands` lists with the shuffled cards, one each in turn."""
    shuffled = list(cards)
    generator.shuffle(shuffled)
    if shuffled and not hands:
        raise ZeroDivisionError("integer modulo by zero")
    return [shuffled[first::hands] for first in range(hands)]
