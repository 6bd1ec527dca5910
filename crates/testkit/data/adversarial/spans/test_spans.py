from spans import merged


def test_merged():
    assert merged([(1, 3), (2, 6), (8, 10)]) == [(1, 6), (8, 10)]
    assert merged([(5, 1), (5, 7)]) == [(1, 7)]
    assert merged([]) == []
    assert merged([[4, 4], (1, 2)]) == [(1, 2), (4, 4)]


def test_bridges():
    assert merged([(0, 1), (3, 4), (6, 7), (1, 6)]) == [(0, 7)]


def test_many():
    spans = [(number * 37 % 401, number * 37 % 401 + number % 4) for number in range(150)]
    assert merged(spans) == merged(spans[::-1])
