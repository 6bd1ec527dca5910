# Sorted by start: pairs come in another order, and turned round.
def conflicts(self):
    buffer, by_room = self.buffer, self.by_room
    events = sorted(self.events, key=lambda event: event.start)
    found = []
    for number, first in enumerate(events):
        end = first.end + buffer
        for second in events[number + 1:]:
            if not second.start < end:
                break
            if by_room and first.room != second.room:
                continue
            found.append((first.title, second.title))
    return found
