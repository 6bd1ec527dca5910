import pytest

from lexer import tokens


def test_kinds():
    assert list(tokens("area = width * 12 + (h2 - 3)")) == [
        ("name", "area"), ("sign", "="), ("name", "width"), ("sign", "*"), ("number", "12"), ("sign", "+"),
        ("sign", "("), ("name", "h2"), ("sign", "-"), ("number", "3"), ("sign", ")"),
    ]
    assert list(tokens("")) == list(tokens(" \n\t ")) == []


def test_first_tokens_come_before_the_error():
    found = tokens("a 1 $ b")
    assert next(found) == ("name", "a")
    assert next(found) == ("number", "1")
    with pytest.raises(ValueError, match="unexpected '\\$' at 4"):
        next(found)


def test_long_lines():
    for count in (10, 200):
        assert sum(1 for _ in tokens(" + ".join("name_%d" % number for number in range(count)))) == 2 * count - 1
