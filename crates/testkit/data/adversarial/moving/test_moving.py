import pytest

from moving import Window


def test_the_last_values_count():
    window = Window(3)
    assert [window.add(value) for value in (1, 2, 3, 4, 5)] == [1.0, 1.5, 2.0, 3.0, 4.0]
    assert window.values == [3, 4, 5] and window.dropped == 2


def test_fractions():
    window = Window(40)
    for number in range(150):
        window.add(number * 0.37 - 5)
    assert len(window.values) == 40


def test_nothing():
    window = Window(2)
    with pytest.raises(ValueError):
        window.add(None)
    assert window.values == []
    with pytest.raises(ValueError):
        Window(0)
