import pytest
from machine import Machine, Rejected, State


def often(machine):
    return len(machine.history) >= 2


def build():
    machine = Machine()
    machine.rule(State.NEW, "pay", State.PAID)
    machine.rule(State.PAID, "send", State.SENT)
    machine.rule(State.SENT, "send", State.SENT)
    machine.rule(State.SENT, "return", State.NEW)
    machine.rule(None, "close", State.CLOSED, often)
    machine.rule(None, "cancel", State.CLOSED)
    machine.rule(State.CLOSED, "reopen", State.NEW)
    return machine


def test_way():
    machine = build()
    assert machine.run(["pay", "send", "send"]) == 2
    assert machine.state is State.SENT


def test_rejected():
    machine = build()
    with pytest.raises(Rejected) as caught:
        machine.run(["pay", "pay"])
    assert caught.value.position == 1
    assert machine.history == [State.PAID]


def test_guard():
    machine = build()
    with pytest.raises(Rejected):
        machine.run(["pay", "close"])
    assert machine.run(["send", "close"]) == 2


def test_any_state():
    assert build().run(["cancel"]) == 1


def test_nothing():
    assert build().run([]) == 0


def test_first_rule_wins():
    machine = build()
    machine.rule(State.NEW, "pay", State.CLOSED)
    machine.run(iter(["pay"]))
    assert machine.state is State.PAID


def test_long_life():
    machine = build()
    assert machine.run(["pay", "send", "return"] * 250) == 750
    assert machine.run(["cancel", "reopen"] * 60) == 120
    assert len(machine.history) == 870
