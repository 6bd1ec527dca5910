import pytest

from roman import to_roman


def test_numerals():
    for number, text in [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX")]:
        assert to_roman(number) == text
    assert len({to_roman(number) for number in range(1, 300)}) == 299


def test_refused():
    for number in (0, -1, 4000):
        with pytest.raises(ValueError):
            to_roman(number)
    with pytest.raises(TypeError):
        to_roman("1")
    with pytest.raises(TypeError):
        to_roman(1.0)
