from quotas import Limiter


def test_first_is_allowed():
    assert Limiter(1, 10.0).allow("ann", 0.0)


def test_limit():
    limiter = Limiter(2, 10.0)
    assert limiter.allow("ann", 0.0)
    assert limiter.allow("ann", 1.0)
    assert not limiter.allow("ann", 2.0)
    assert limiter.allow("bob", 2.0)


def test_window_slides():
    limiter = Limiter(1, 10.0)
    assert limiter.allow("ann", 0.0)
    assert not limiter.allow("ann", 9.5)
    assert limiter.allow("ann", 10.0)


def test_cost():
    limiter = Limiter(5, 10.0)
    assert limiter.allow("ann", 0.0, 3)
    assert not limiter.allow("ann", 1.0, 3)
    assert limiter.allow("ann", 1.0, 2)


def test_recent_and_forget():
    limiter = Limiter(5, 10.0)
    limiter.allow("ann", 0.0)
    limiter.allow("bob", 1.0)
    assert [hit[1] for hit in limiter.recent()] == ["ann", "bob"]
    limiter.forget("ann")
    assert [hit[1] for hit in limiter.recent()] == ["bob"]


def test_busy_gateway():
    limiter = Limiter(40, 300.0)
    allowed = 0
    for second in range(900):
        allowed += limiter.allow("client%d" % (second % 7), float(second), 1 + second % 2)
    assert allowed > 500
