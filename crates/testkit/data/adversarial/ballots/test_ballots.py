import pytest
from ballots import count


def test_majority():
    assert count([["a"], ["a", "b"], ["b"]], ["a", "b"]) == [("a", 2), ("b", 1)]


def test_second_choice():
    ballots = [["a", "b"], ["a"], ["b"], ["b"], ["c", "b"]]
    assert count(ballots, ["a", "b", "c"]) == [("b", 3), ("a", 2)]


def test_nobody_votes():
    assert count([], ["a", "b"]) == [("a", 0)]


def test_no_candidates():
    with pytest.raises(ValueError):
        count([["a"]], [])


def test_unknown_names():
    assert count([["x", "a"]], ["a", "b"]) == [("a", 1), ("b", 0)]


def test_tie():
    assert count([["a"], ["b"]], ["a", "b"]) == [("a", 1)]


def test_town():
    names = ["n%d" % n for n in range(12)]
    ballots = [[names[(n * 5 + k * (1 + n % 7)) % 12] for k in range(8)] for n in range(400)]
    result = count(ballots, names)
    assert result[0][1] >= result[-1][1]
