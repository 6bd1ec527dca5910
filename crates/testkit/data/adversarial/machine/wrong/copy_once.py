# Copies the history once per call, at its first change, and appends from then on.
# differs: a guard that keeps machine.history during the run, or events (an iterator) that do
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    changes = 0
    for position, event in enumerate(events):
        for source, name, target, guard in self._rules:
            if name == event and (source is None or source == self.state):
                if guard is None or guard(self):
                    break
        else:
            raise Rejected(self.state, event, position)
        if target != self.state:
            if not changes:
                self.history = self.history[:]
            changes += 1
            self.history.append(target)
        self.state = target
    return changes
