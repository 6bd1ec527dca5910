import pytest

from roots import root


@pytest.mark.parametrize("number, found", [(0, 0), (1, 1), (3, 1), (4, 2), (99, 9), (100, 10), (10**6, 1000), (10**6 - 1, 999)])
def test_square(number, found):
    assert root(number) == found


@pytest.mark.parametrize("number, degree, found", [(27, 3, 3), (26, 3, 2), (125, 3, 5), (1000, 3, 10), (1024, 10, 2), (17, 1, 17)])
def test_degree(number, degree, found):
    assert root(number, degree) == found


def test_refused():
    with pytest.raises(ValueError):
        root(-1)
    with pytest.raises(ValueError):
        root(4, 0)
