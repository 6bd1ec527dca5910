import pytest

from slug import slugify


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Hello, World!", "hello-world"), ("", ""), ("--", ""), ("a", "a"), ("Ärger im Büro", "ärger-im-büro"), ("x  y", "x-y"), ("C++ & D", "c-d")],
)
def test_titles(title, slug):
    assert slugify(title) == slug


def test_long_titles():
    for count in (10, 100, 400):
        assert slugify("Word, " * count) == "-".join(["word"] * count)
