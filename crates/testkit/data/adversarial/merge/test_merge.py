from merge import deep_merge


def tree(width, depth, tag):
    if depth == 0:
        return {"leaf": tag, "items": [tag]}
    return {f"k{number}": tree(width, depth - 1, tag + number) for number in range(width)}


def test_leaves_are_replaced_and_lists_joined():
    base = {"a": {"x": 1, "y": [1]}, "b": 2}
    merged = deep_merge(base, {"a": {"x": 5, "y": [2]}, "c": 3})
    assert merged is base
    assert base == {"a": {"x": 5, "y": [1, 2]}, "b": 2, "c": 3}


def test_large_trees():
    for depth in (0, 1, 2, 4):
        merged = deep_merge(tree(4, depth, 0), tree(5, depth, 100))
        assert merged


def test_nothing_to_add():
    assert deep_merge({"a": 1}, {}) == {"a": 1}
