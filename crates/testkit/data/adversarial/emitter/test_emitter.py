from emitter import Emitter


def size(*details):
    return len(details)


def first(*details):
    return details[0] if details else None


def nothing(*details):
    return None


def make(count=1):
    emitter = Emitter()
    for _ in range(count):
        emitter.on("x", size)
        emitter.on("x", nothing)
        emitter.on("x", first)
    return emitter


def test_answers():
    emitter = make()
    assert emitter.emit("x", 4, 5) == [2, 4]
    assert emitter.emit("x") == [0]
    assert emitter.emit("y", 1) == []
    assert emitter.told == 6


def test_many():
    assert len(make(80).emit("x", "a")) == 160


def test_listener_that_adds():
    emitter = Emitter()
    emitter.on("x", lambda: emitter.on("x", size))
    assert emitter.emit("x") == []
    assert emitter.emit("x") == [0]
