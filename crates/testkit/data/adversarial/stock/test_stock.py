from stock import Bin


def test_move():
    a, b = Bin("a").put("nut", 2).put("bolt"), Bin("b")
    assert a.move_to(b, ["nut"]) == 2
    assert a.items == ["bolt"]
    assert b.items == ["nut", "nut"]


def test_moves():
    a, b = Bin("a").put("nut").put("bolt"), Bin("b")
    a.move_to(b, ["bolt", "nut"])
    assert a.moves == [("nut", "b"), ("bolt", "b")]
    assert b.moves == []


def test_room():
    a, b = Bin("a").put("nut", 5), Bin("b", room=3).put("bolt")
    assert a.move_to(b, ["nut"]) == 2
    assert a.items == ["nut"] * 3


def test_nothing():
    a, b = Bin("a").put("nut"), Bin("b")
    assert a.move_to(b, []) == 0
    assert b.move_to(a, ["nut"]) == 0


def test_back():
    a, b = Bin("a").put("nut").put("bolt"), Bin("b")
    a.move_to(b, ["nut"])
    b.move_to(a, ["nut"])
    assert a.items == ["bolt", "nut"]


def test_share():
    a, b = Bin("a").put("nut"), Bin("b")
    b.share(a)
    assert b.items == ["nut"]


def test_much():
    a, b = Bin("a"), Bin("b", room=150)
    for number in range(300):
        a.put("kind%d" % (number * 7 % 23))
    kinds = ["kind%d" % n for n in range(0, 23, 2)]
    assert a.move_to(b, kinds) == 150
    assert len(a.items) == 150
    c = Bin("c")
    assert b.move_to(c, kinds) == 150
    assert c.move_to(a, kinds[:6]) > 50
