# Leaves the rules with the first one that holds.
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    changes = 0
    position = 0
    for event in events:
        for source, name, target, guard in self._rules:
            if name == event and (source is None or source == self.state):
                if (guard is None or guard(self)) and target is not None:
                    break
        else:
            raise Rejected(self.state, event, position)
        if target != self.state:
            changes += 1
            self.history = [*self.history, target]
        self.state = target
        position += 1
    return changes
