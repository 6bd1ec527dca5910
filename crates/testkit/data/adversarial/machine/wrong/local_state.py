# Keeps the state in a local name during the run and writes it back with each change only.
# differs: a guard that sets machine.state (to CLOSED, say) and declines
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    changes = 0
    state = self.state
    for position, event in enumerate(events):
        for source, name, target, guard in self._rules:
            if name == event and (source is None or source == state):
                if guard is None or guard(self):
                    break
        else:
            raise Rejected(state, event, position)
        if target != state:
            changes += 1
            self.history = [*self.history, target]
            self.state = state = target
    return changes
