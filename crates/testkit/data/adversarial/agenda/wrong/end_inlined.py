# Works out the end by itself, which all-day events do otherwise.
def conflicts(self):
    buffer, by_room = self.buffer, self.by_room
    spans = [(event.start, event.start + event.length + buffer, event) for event in self.events]
    found = []
    for number, (start, end, first) in enumerate(spans):
        for begin, stop, second in spans[number + 1:]:
            if by_room and first.room != second.room:
                continue
            if start < stop and begin < end:
                found.append((first.title, second.title))
    return found
