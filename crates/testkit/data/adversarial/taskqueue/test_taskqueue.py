from taskqueue import TaskQueue


def test_order():
    queue = TaskQueue()
    queue.put("a", 5)
    queue.put("b", 1)
    queue.put("c", 5)
    assert queue.take() == ["b", "a", "c"]
    assert len(queue) == 0


def test_limit():
    queue = TaskQueue()
    for name in "abc":
        queue.put(name)
    assert queue.take(2) == ["a", "b"]
    assert queue.take(2) == ["c"]
    assert queue.taken == ["a", "b", "c"]


def test_put_back():
    queue = TaskQueue()
    queue.put("a", 5)
    queue.put("b", 5)
    queue.put_back("c", 5)
    assert queue.take(1) == ["c"]


def test_bump():
    queue = TaskQueue()
    queue.put("a", 5)
    queue.put("b", 5)
    queue.bump("b")
    assert queue.take() == ["b", "a"]


def test_merge():
    queue, other = TaskQueue(), TaskQueue()
    queue.put("a", 2)
    other.put("b", 1)
    queue.merge(other)
    assert queue.take() == ["b", "a"]
    assert len(other) == 0


def test_empty():
    assert TaskQueue().take() == []


def test_some():
    queue = TaskQueue()
    for number in range(40):
        queue.put("task%d" % number, number * 7 % 5)
    while len(queue):
        assert len(queue.take(8)) == 8
    assert queue.taken[0] == "task0"


def test_many():
    queue = TaskQueue()
    for number in range(300):
        queue.put("task%d" % number, number * 7919 % 31)
    first = queue.take(50)
    assert first[0] == "task0"
    assert len(queue.take()) == 250
    assert len(queue.taken) == 300
