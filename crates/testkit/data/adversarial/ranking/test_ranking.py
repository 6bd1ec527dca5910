import random

import pytest

from ranking import rank


def make(count, scores):
    draw = random.Random(count)
    return [{"name": f"n{number}", "score": draw.randrange(scores)} for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 30, 120])
def test_scores_fall_and_ties_keep_their_order(count):
    entries = make(count, 7)
    ranked = rank(entries)
    assert [entry["score"] for entry in ranked] == sorted((entry["score"] for entry in entries), reverse=True)
    for left, right in zip(ranked, ranked[1:]):
        if left["score"] == right["score"]:
            assert entries.index(left) < entries.index(right)


def test_the_input_stays():
    entries = make(20, 5)
    before = list(entries)
    rank(entries)
    assert entries == before
