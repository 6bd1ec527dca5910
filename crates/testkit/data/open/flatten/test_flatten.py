from flatten import flatten


def test_nested():
    assert flatten([1, [2, (3, [4])], [], "ab", ((),)]) == [1, 2, 3, 4, "ab"]
    assert flatten([]) == [] == flatten(())


def test_depth():
    assert flatten([1, [2, [3, [4]]]], 1) == [1, 2, [3, [4]]]
    assert flatten([[1]], 0) == [[1]]


def test_wide():
    for size in (3, 150):
        assert flatten([[number, [number]] for number in range(size)]) == [n for n in range(size) for _ in (0, 1)]
