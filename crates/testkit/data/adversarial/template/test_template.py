import pytest

from template import fill


def test_names():
    assert fill("Dear {name},", {"name": "Ann"}) == "Dear Ann,"
    assert fill("{a}{b}", {"a": 1, "b": 2}) == "12"
    assert fill("{a} and {a}", {"a": "x"}) == "x and x"
    assert fill("nothing", {"a": 1}) == "nothing"
    assert fill("", {}) == ""


def test_missing():
    with pytest.raises(KeyError, match="who"):
        fill("Dear {who},", {"name": "Ann"})
    assert fill("Dear {who}, {name}", {"name": "Ann"}, keep=True) == "Dear {who}, Ann"
    assert fill("Dear {who}", {}, True) == "Dear {who}"


def test_open():
    assert fill("a {b", {"b": 1}) == "a {b"
    assert fill("{a} {", {"a": 1}) == "1 {"
    assert fill("a } b", {}) == "a } b"


def test_long():
    text = "Dear {name}, you owe {sum} since {day}. " * 40
    assert "{" not in fill(text, {"name": "Bob", "sum": 12.5, "day": "May"})
