# Events of one room together: with rooms the pairs come room by room.
def conflicts(self):
    groups = {}
    for event in self.events:
        groups.setdefault(event.room if self.by_room else None, []).append((event.start, event.end + self.buffer, event.title))
    found = []
    for spans in groups.values():
        for number, (start, end, title) in enumerate(spans):
            for begin, stop, name in spans[number + 1:]:
                if start < stop and begin < end:
                    found.append((title, name))
    return found
