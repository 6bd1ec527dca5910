import pytest

from ledger import Ledger, Overdrawn


def make():
    return Ledger({"ann": 100, "bob": 50})


def test_transfers():
    ledger = make()
    assert ledger.post([("ann", "bob", 30), ("bob", "cid", 10)]) == 2
    assert ledger.balances == {"ann": 70, "bob": 70, "cid": 10}
    assert ledger.post([]) == 0
    assert ledger.log[0] == ("ann", "bob", 30)


def test_overdrawn():
    ledger = make()
    with pytest.raises(Overdrawn, match="bob: 1 missing"):
        ledger.post([("ann", "bob", 10), ("bob", "ann", 61)])
    assert ledger.balances == {"ann": 90, "bob": 60}
    ledger.allow("bob", 20)
    assert ledger.post([("bob", "ann", 61)]) == 1


def test_closed():
    ledger = make()
    ledger.close("bob")
    assert ledger.post([("ann", "bob", 10), ("ann", "cid", 10)]) == 1


def test_closed_source():
    ledger = make()
    ledger.close("ann")
    assert ledger.post([("ann", "bob", 10), ("bob", "cid", 5)]) == 1
    assert ledger.balances == {"ann": 100, "bob": 45, "cid": 5}


def test_fee():
    ledger = make()
    ledger.set_fee(1)
    ledger.post([("ann", "bob", 10)])
    assert ledger.balances == {"ann": 89, "bob": 60}


def test_unknown():
    with pytest.raises(KeyError):
        make().post([("dan", "ann", 1)])


def test_many():
    ledger = make()
    assert ledger.post([("ann", "bob", 1), ("bob", "ann", 1)] * 100) == 200
    assert ledger.balances == {"ann": 100, "bob": 50}
