# Counts the position by enumerate and adds to a copy of the history by unpacking.
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    changes = 0
    for position, event in enumerate(events):
        found = None
        for source, name, target, guard in self._rules:
            if found is None:
                if name == event and (source is None or source == self.state):
                    if guard is None or guard(self):
                        found = target
        if found is None:
            raise Rejected(self.state, event, position)
        if found != self.state:
            changes += 1
            self.history = [*self.history, found]
        self.state = found
    return changes
