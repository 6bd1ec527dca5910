import pytest

from patterns import is_release


@pytest.mark.parametrize("text", ["v1.2.3", "v0.0.1", "v10.20.30", "v1.0.0"])
def test_releases(text):
    assert is_release(text)


@pytest.mark.parametrize("text", ["1.2.3", "v1.2", "v1.2.3.4", "v01.2.3", "v1..3", "v1.2.x", "", "v", "V1.2.3", "v1.2.3-rc1", "v-1.2.3"])
def test_others(text):
    assert not is_release(text)


def test_parts():
    assert is_release("v1.2", 2)
    assert is_release("v7", parts=1)
    assert is_release("v1.2.3.4.5", 0)
    assert not is_release("v1.2.3", 2)
