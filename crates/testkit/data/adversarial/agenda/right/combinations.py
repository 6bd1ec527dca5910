# Each event is read once a turn.
def conflicts(self):
    found = []
    events = self.events
    count = len(events)
    for number in range(count):
        first = events[number]
        for other in range(number + 1, count):
            second = events[other]
            if self.by_room and first.room != second.room:
                continue
            if first.start < second.end + self.buffer and second.start < first.end + self.buffer:
                found.append((first.title, second.title))
    return found
