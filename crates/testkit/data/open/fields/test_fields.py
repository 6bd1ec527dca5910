import pytest

from fields import split_fields


def test_fields():
    assert split_fields("a,b,c") == ["a", "b", "c"]
    assert split_fields("") == [""]
    assert split_fields(',x,"y,z"') == ["", "x", "y,z"]
    assert split_fields('"say ""x""";b', ";") == ['say "x"', "b"]
    assert split_fields('a"b"c') == ["abc"]
    with pytest.raises(ValueError):
        split_fields('"a,b')


def test_long():
    assert len(split_fields(",".join("field %d" % number for number in range(200)))) == 200
