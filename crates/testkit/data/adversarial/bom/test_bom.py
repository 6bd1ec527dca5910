import pytest
from bom import Loop, Part, explode


def table():
    bolt, nut = Part("bolt", 2), Part("nut", 1)
    joint = Part("joint", 5).use(bolt, 2).use(nut, 2)
    frame = Part("frame").use(joint, 4).use(bolt, 8)
    return Part("table", 30).use(frame).use(joint)


def test_single():
    assert explode(Part("bolt", 2), 3) == {"bolt": [3, 6]}


def test_table():
    assert explode(table()) == {"table": [1, 30], "frame": [1, 0], "joint": [5, 25], "bolt": [18, 36], "nut": [10, 10]}


def test_order():
    assert list(explode(table())) == ["table", "frame", "joint", "bolt", "nut"]


def test_loop():
    a, b = Part("a"), Part("b")
    a.use(b)
    b.use(a)
    with pytest.raises(Loop) as caught:
        explode(a)
    assert caught.value.path == ["a", "b", "a"]


def test_none():
    assert explode(table(), 0)["bolt"] == [0, 0]


def test_large():
    parts = [Part("p0", 1)]
    for n in range(1, 9):
        parts.append(Part("p%d" % n, n).use(parts[-1], 2).use(parts[max(0, n - 2)], 3).use(parts[0]))
    assert explode(parts[-1])["p0"][0] > 1000
