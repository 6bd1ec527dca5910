import pytest

from lookup import dig

SETTINGS = {"a": {"b": {"c": 1, "none": None}}, "list": [1, 2], "": {"x": 2}}


def test_found():
    assert dig(SETTINGS, "a.b.c") == 1
    assert dig(SETTINGS, "a.b") == {"c": 1, "none": None}
    assert dig(SETTINGS, "a.b.none", 5) is None
    assert dig(SETTINGS, ".x") == 2


def test_missing():
    assert dig(SETTINGS, "a.x.c") is None
    assert dig(SETTINGS, "zzz", 7) == 7
    assert dig({}, "a.b", "none") == "none"
    with pytest.raises(TypeError):
        dig(SETTINGS, "list.a")
    with pytest.raises(TypeError):
        dig(SETTINGS, "a.b.none.x")
