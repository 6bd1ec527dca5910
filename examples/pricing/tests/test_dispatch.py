import pytest

from pricing import dispatch_order


def star(count):
    dependencies = {"depot": []}
    for number in range(count):
        dependencies[f"parcel {number}"] = ["depot"]
    return dependencies


@pytest.mark.parametrize("count", [0, 1, 10, 1_000, 5_000])
def test_everything_leaves_after_the_depot(count):
    order = dispatch_order(star(count))
    assert order[0] == "depot"
    assert len(order) == count + 1


def test_a_chain_keeps_its_order():
    chain = {number: [number - 1] if number else [] for number in range(500)}
    assert dispatch_order(chain) == list(range(500))


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="circle"):
        dispatch_order({"a": ["b"], "b": ["a"]})
