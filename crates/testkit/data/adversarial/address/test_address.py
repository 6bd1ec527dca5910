import pytest

from address import parse


@pytest.mark.parametrize("text, found", [
    ("example.org:8080", ("example.org", 8080)),
    ("example.org", ("example.org", 80)),
    ("localhost:1", ("localhost", 1)),
    ("10.0.0.1:65535", ("10.0.0.1", 65535)),
    ("[::1]:443", ("::1", 443)),
    ("[fe80::1]", ("fe80::1", 80)),
    ("Example.org:80", ("example.org", 80)),
    ("a:080", ("a", 80)),
])
def test_addresses(text, found):
    assert parse(text) == found


@pytest.mark.parametrize("text", ["", ":80", "host:", "host:x", "host:65536", "[::1", "[::1]80", "[]:80", "a:b:c", "host:-1"])
def test_refused(text):
    with pytest.raises(ValueError):
        parse(text)


def test_default():
    assert parse("host", 443) == ("host", 443)
    assert parse("host:22", default=443) == ("host", 22)
