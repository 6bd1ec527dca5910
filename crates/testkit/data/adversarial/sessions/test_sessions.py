from sessions import sessions


def test_one():
    assert sessions([(1, "ann", "/"), (5, "ann", "/a")]) == [{"user": "ann", "start": 1, "end": 5, "pages": ["/", "/a"]}]


def test_gap():
    found = sessions([(0, "ann", "/"), (30, "ann", "/a"), (61, "ann", "/b")])
    assert [s["pages"] for s in found] == [["/", "/a"], ["/b"]]


def test_users():
    found = sessions([(0, "ann", "/"), (1, "bob", "/"), (2, "ann", "/x")])
    assert [(s["user"], s["end"]) for s in found] == [("ann", 2), ("bob", 1)]


def test_late_event():
    found = sessions([(10, "ann", "/"), (4, "ann", "/b")])
    assert found == [{"user": "ann", "start": 4, "end": 10, "pages": ["/", "/b"]}]


def test_pages_once():
    assert sessions([(0, "ann", "/"), (1, "ann", "/"), (2, "ann", "/")])[0]["pages"] == ["/"]


def test_other_gap():
    assert len(sessions([(0, "ann", "/"), (10, "ann", "/")], gap=5)) == 2


def test_from_a_generator():
    assert sessions((n, "ann", "/") for n in range(3)) == [{"user": "ann", "start": 0, "end": 2, "pages": ["/"]}]


def test_day():
    events = [(n * 11 % 997 + n, "user%d" % (n * 7 % 43), "/page%d" % (n % 9)) for n in range(500)]
    found = sessions(events)
    assert len(found) > 43
    assert sorted(set(s["user"] for s in found)) == sorted(set(e[1] for e in events))
