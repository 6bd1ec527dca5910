from datetime import datetime, timedelta

from agenda import Agenda, AllDay, Event


def event(title, hour, hours=1, room=""):
    return Event(title, datetime(2024, 5, 6, hour), timedelta(hours=hours), room)


def test_overlap():
    agenda = Agenda()
    agenda.enter(event("a", 9, 2), event("b", 10), event("c", 14))
    assert agenda.conflicts() == [("a", "b")]


def test_touching():
    agenda = Agenda()
    agenda.enter(event("a", 9), event("b", 10))
    assert agenda.conflicts() == []
    agenda.pause(15)
    assert agenda.conflicts() == [("a", "b")]


def test_rooms():
    agenda = Agenda()
    agenda.enter(event("a", 9, 2, "x"), event("b", 10, 1, "y"), event("c", 9, 1, "x"))
    assert agenda.conflicts() == [("a", "b"), ("a", "c")]
    agenda.only_same_room()
    assert agenda.conflicts() == [("a", "c")]


def test_all_day():
    agenda = Agenda()
    agenda.enter(AllDay("fair", datetime(2024, 5, 6), timedelta(0)), event("b", 10))
    assert agenda.conflicts() == [("fair", "b")]
    assert Agenda().conflicts() == []


def test_many():
    agenda = Agenda()
    for number in range(60):
        agenda.enter(event("e%d" % number, number % 24))
    assert len(agenda.conflicts()) == 48
