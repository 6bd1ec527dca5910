# The spans are compared by their lengths: those that last nothing, or less, overlap with none.
def conflicts(self):
    buffer, by_room = self.buffer, self.by_room
    spans = [(event.start, event.end + buffer, event.room, event.title) for event in self.events]
    found = []
    for number, (start, end, room, title) in enumerate(spans):
        for begin, stop, other, name in spans[number + 1:]:
            if by_room and room != other:
                continue
            if max(start, begin) < min(end, stop):
                found.append((title, name))
    return found
