from rights import Right, missing


def test_none_missing():
    assert missing(Right.READ, Right.READ) == []
    assert missing(Right.READ | Right.WRITE, Right.READ) == []
    assert missing(Right.ADMIN, Right.READ) == []
    assert missing(Right.ADMIN, Right.READ | Right.DELETE) == []


def test_missing():
    assert missing(Right.READ, Right.WRITE) == [Right.WRITE]
    assert missing(Right.READ, Right.WRITE | Right.DELETE) == [Right.WRITE, Right.DELETE]
    assert missing(Right.READ, Right.ADMIN) == [Right.ADMIN]
    assert missing(Right.DELETE, Right.READ) == [Right.READ]


def test_implied():
    assert missing(Right.WRITE, Right.READ) == []
    assert missing(Right.WRITE, Right.READ | Right.WRITE) == []
    assert missing(Right.EDIT, Right.DELETE) == [Right.DELETE]
