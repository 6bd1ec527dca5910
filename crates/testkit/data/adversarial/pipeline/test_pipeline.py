import pytest

from pipeline import pipeline


def double(value):
    return value * 2


def describe(value):
    return "<%s>" % value


def lose(value):
    return None


def test_steps_in_order():
    assert pipeline([double, describe])(4) == "<8>"
    assert pipeline([])("x") == "x"
    assert pipeline((describe, double, double))(1) == "<1>" * 4


def test_none():
    assert pipeline([lose, describe])(1) == "<None>"
    assert pipeline([lose, describe], skip_none=True)(1) is None
    with pytest.raises(TypeError):
        pipeline([double, 3])


def test_long():
    assert pipeline([abs] * 200)(-7) == 7
