from layers import merge


def test_flat():
    assert merge([{"a": 1}, {"a": 2, "b": 3}]) == {"a": 2, "b": 3}
    assert merge([]) == {}
    assert merge([{}]) == {}


def test_depth():
    assert merge([{"a.b": 1}, {"a.c": 2}]) == {"a": {"b": 1, "c": 2}}
    assert merge([{"a": 1}, {"a.b": 2}]) == {"a": {"b": 2}}
    assert merge([{"a/b": 1}], "/") == {"a": {"b": 1}}
    assert merge([{"a": {"b": 1}}, {"a": {"c": 2}}]) == {"a": {"b": 1, "c": 2}}
    assert merge([{"a": {"b.c": 1}}]) == {"a": {"b": {"c": 1}}}


def test_lists():
    assert merge([{"a": [1]}, {"a": [2]}]) == {"a": [1, 2]}
    assert merge([{"a": [1]}, {"a": 5}, {"a": [2]}]) == {"a": [2]}
    first = {"a": [1]}
    merge([first, {"a": [2]}])
    assert first == {"a": [1]}


def test_many():
    layers = [{"s%d.k%d" % (number % 9, number): number} for number in range(150)]
    assert len(merge(layers)) == 9
