"""Appointments."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class Event:
    title: str
    start: datetime
    length: timedelta
    room: str = ""
    tags: list = field(default_factory=list)

    @property
    def end(self):
        return self.start + self.length


class AllDay(Event):
    """Takes the whole day."""

    @property
    def end(self):
        return self.start.replace(hour=23, minute=59)


class Agenda:
    """Events in the order in which they were entered."""

    def __init__(self):
        self.events = []
        self.buffer = timedelta(0)
        self.by_room = False

    def enter(self, *events):
        self.events.extend(events)

    def pause(self, minutes):
        self.buffer = timedelta(minutes=minutes)

    def only_same_room(self):
        self.by_room = True

    def conflicts(self):
        """Return the pairs of titles of events that overlap, with the pause between them."""
        found = []
        for number in range(len(self.events)):
            for other in range(number + 1, len(self.events)):
                first = self.events[number]
                second = self.events[other]
                if self.by_room and first.room != second.room:
                    continue
                if first.start < second.end + self.buffer and second.start < first.end + self.buffer:
                    found = found + [(first.title, second.title)]
        return found
