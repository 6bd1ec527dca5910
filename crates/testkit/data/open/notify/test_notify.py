import notify as module
from notify import notify


def bad(message):
    raise ValueError(message)


def good(message):
    return message


def test_failed_listeners_are_named(caplog):
    before = module.delivered
    assert notify({"a": good, "b": bad, "c": good, "d": bad}, "hello") == ["b", "d"]
    assert module.delivered == before + 2
    assert [record.getMessage() for record in caplog.records] == ["listener b failed: hello", "listener d failed: hello"]


def test_many_listeners():
    for count in (0, 1, 30, 300):
        assert len(notify({number: bad for number in range(count)}, "x")) == count
