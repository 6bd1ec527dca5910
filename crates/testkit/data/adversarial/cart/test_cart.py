import pytest

from cart import Cart


def filled():
    cart = Cart()
    cart.add("tea", 350, 2)
    cart.add("cup", 1200)
    return cart


def test_total():
    assert filled().total() == 2390
    assert filled().total(shipping=False) == 1900
    assert Cart().total() == 0


def test_discount():
    cart = filled()
    cart.discount = 10
    assert cart.total(False) == 1710
    cart.discount = 100
    assert cart.total() == 490
    with pytest.raises(ValueError):
        cart.discount = 101


def test_voucher():
    cart = filled()
    cart.redeem("gift", 500)
    assert cart.total(False) == 1400
    cart.redeem("other", 5000)
    assert cart.total(False) == 0


def test_member():
    cart = filled()
    cart.join()
    assert cart.total() == 2390
    cart.add("pot", 4000)
    assert cart.total() == 5900


def test_shipping():
    cart = filled()
    cart.ship_to("at")
    assert cart.total() == 2890
    cart.ship_to("fr")
    assert cart.total() == 3890
    cart.pick_up()
    assert cart.total() == 1900
    cart.remove("tea")
    cart.remove("cup")
    assert cart.total() == 0


def test_many():
    cart = Cart()
    for number in range(300):
        cart.add("item %d" % number, number, number % 5)
    assert cart.total(False) == sum(number * (number % 5) for number in range(300))
