import pytest

from edits import distance


@pytest.mark.parametrize("first, second, edits", [
    ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("same", "same", 0), ("ab", "ba", 2),
    ("intention", "execution", 5),
])
def test_edits(first, second, edits):
    assert distance(first, second) == edits
    assert distance(second, first) == edits
    assert distance(first, second, 2) == (edits if edits <= 2 else None)


def test_long():
    assert distance("abcd" * 15, "abdc" * 15) == 30
