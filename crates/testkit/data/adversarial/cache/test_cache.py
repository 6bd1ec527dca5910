from cache import Cache


def test_get():
    cache = Cache(3)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get_many(["a", "c", "b"]) == [1, None, 2]
    assert (cache.hits, cache.misses) == (2, 1)


def test_order():
    cache = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get_many(["a"])
    cache.put("c", 3)
    assert cache.keys() == ["a", "c"]


def test_too_old():
    cache = Cache(3, ttl=10)
    cache.put("a", 1)
    cache.tick(10)
    assert cache.get_many(["a"], default=0) == [0]
    assert cache.keys() == []


def test_pinned():
    cache = Cache(3, ttl=10)
    cache.put("a", 1)
    cache.pin("a")
    cache.tick(50)
    assert cache.get_many(["a"]) == [1]


def test_loaded():
    cache = Cache(3)
    cache.load([("a", 1), ("b", 2)])
    assert cache.get_many(["b", "b", "a"]) == [2, 2, 1]
    assert cache.keys() == ["b", "a"]


def test_nothing():
    assert Cache(2).get_many([]) == []


def test_many():
    cache = Cache(200, ttl=150)
    for number in range(200):
        cache.put("key%d" % number, number)
        cache.tick()
    found = cache.get_many(["key%d" % (number * 7 % 230) for number in range(150)], default=-1)
    assert len(found) == 150
    assert cache.hits + cache.misses == 150
    assert found.count(-1) == cache.misses
    assert cache.get_many(["key%d" % number for number in range(190, 200)]) == list(range(190, 200))
