# The pause counts behind the earlier one only; below no pause both sides count.
def conflicts(self):
    by_room = self.by_room
    spans = [(event.start, event.end + self.buffer, event) for event in self.events]
    found = []
    for number, (start, end, first) in enumerate(spans):
        for begin, stop, second in spans[number + 1:]:
            if by_room and first.room and first.room != second.room:
                continue
            if start < stop and begin < end:
                found.append((first.title, second.title))
    return found
