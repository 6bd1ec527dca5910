from labels import largest, regions


def test_two():
    assert regions(["ab", "ab"]) == [[(0, 0), (1, 0)], [(0, 1), (1, 1)]]


def test_numbers():
    assert regions([[1, 1, 0], [0, 1, 0]]) == [[(0, 0), (0, 1), (1, 1)], [(0, 2), (1, 2)], [(1, 0)]]


def test_diagonal_is_apart():
    assert len(regions([[1, 0], [0, 1]])) == 4


def test_ragged():
    assert regions(["aaa", "a"]) == [[(0, 0), (1, 0), (0, 1), (0, 2)]]


def test_empty():
    assert regions([]) == []
    assert regions([[], []]) == []
    assert largest([]) == []


def test_order():
    assert regions(["xxx", "x.x", "xxx"])[0] == [(0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (2, 1), (1, 2), (2, 2)]


def test_map():
    rows = [[(r * c * 7 + r // 3) % 3 for c in range(24)] for r in range(20)]
    found = regions(rows)
    assert sum(len(region) for region in found) == 480
    assert len(largest(rows)) > 5
    text = ["".join("#" if (r * 5 + c * c) % 4 else "." for c in range(22)) for r in range(18)]
    assert sum(map(len, regions(text))) == 396
