import pytest

from inventory import Inventory, Shortage


def filled(count):
    inventory = Inventory()
    for number in range(count):
        inventory.add(f"item {number}", number + 1)
    return inventory


def test_taking_leaves_less():
    inventory = filled(40)
    assert inventory.take("item 20", 5) == 16
    assert inventory.take("item 20", 16) == 0
    assert inventory.taken == 21
    with pytest.raises(Shortage, match="1 of item 20 missing"):
        inventory.take("item 20", 1)


def test_a_shortage_changes_nothing():
    inventory = filled(5)
    with pytest.raises(Shortage) as caught:
        inventory.take("item 2", 10)
    assert (caught.value.item, caught.value.missing) == ("item 2", 7)
    assert inventory.entries[2] == ["item 2", 3]


def test_everything_can_be_taken():
    inventory = filled(150)
    for number in reversed(range(150)):
        assert inventory.take(f"item {number}", number + 1) == 0
    assert inventory.entries == []
