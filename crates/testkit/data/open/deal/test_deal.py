import random

import pytest

from deal import deal


def test_every_card_is_dealt():
    random.seed(4)
    for count in (0, 1, 12, 52):
        hands = deal(range(count), 4)
        assert sorted(card for hand in hands for card in hand) == list(range(count))


def test_own_generator():
    assert deal("abcdef", 2, random.Random(1)) == deal("abcdef", 2, random.Random(1))
    with pytest.raises(ZeroDivisionError):
        deal("ab", 0, random.Random(1))
    assert deal("", 0, random.Random(1)) == []
