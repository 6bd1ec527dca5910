import pytest

from chunks import chunked


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 6, 7, 8, 500])
def test_all_items_come_back(count, size):
    chunks = list(chunked(range(count), size))
    assert [item for chunk in chunks for item in chunk] == list(range(count))
    assert all(len(chunk) == size for chunk in chunks[:-1])


def test_an_iterator_is_read_as_needed():
    source = iter(range(10))
    assert next(chunked(source, 3)) == [0, 1, 2]
    assert next(source) == 3


def test_sizes_below_one_are_refused():
    with pytest.raises(ValueError):
        list(chunked([1], 0))
