from undo import Buffer


def test_plain():
    assert Buffer("abc").render() == "abc"


def test_insert():
    buffer = Buffer("ac")
    buffer.insert(1, "b")
    buffer.insert(-1, "-")
    buffer.insert(99, "!")
    assert buffer.render() == "ab-c!"


def test_delete():
    buffer = Buffer("abcdef")
    buffer.delete(1, 2)
    buffer.delete(3)
    assert buffer.render() == "ade"


def test_undo_redo():
    buffer = Buffer()
    assert not buffer.undo()
    buffer.insert(0, "one")
    buffer.insert(3, " two")
    buffer.undo()
    assert buffer.render() == "one"
    assert buffer.redo()
    assert buffer.render() == "one two"


def test_upper():
    buffer = Buffer("abc")
    buffer.upper()
    buffer.insert(0, "x")
    assert buffer.render() == "xABC"


def test_typing():
    buffer = Buffer("Some text to begin with. " * 4)
    for number in range(250):
        buffer.insert(number, "abcdefg "[number % 8])
        if number % 10 == 9:
            buffer.delete(number - 3, 2)
    assert len(buffer.render()) == 300
    buffer.upper()
    assert buffer.render().startswith("ABCDEF")
