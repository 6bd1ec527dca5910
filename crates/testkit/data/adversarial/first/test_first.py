from first import take_until


def is_blank(text):
    return not text.strip()


def test_stops():
    lines = iter(["a", "b", "", "c"])
    assert take_until(lines, is_blank) == (["a", "b"], True)
    assert next(lines) == "c"


def test_limit():
    lines = iter("abcdef")
    assert take_until(lines, is_blank, 2) == (["a", "b"], False)
    assert next(lines) == "d"
    assert take_until([], is_blank, 0) == ([], False)


def test_many():
    for count in (4, 250):
        assert take_until(["x"] * count + [" "], is_blank)[1]
    assert take_until(("x", "y"), is_blank) == (["x", "y"], False)
