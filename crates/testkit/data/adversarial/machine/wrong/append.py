# Appends to the history instead of copying it for each change.
# differs: before = machine.history; machine.run(['pay']) -> before has grown
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
            changes += 1
            self.history.append(target)
        self.state = target
    return changes
