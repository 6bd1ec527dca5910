# Puts the rules into lists by event once per call; within an event their order stays.
# differs: a guard that adds a rule, or events without a hash that equal: rule(NEW, ['pay'], PAID)
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    by_event = {}
    for source, name, target, guard in self._rules:
        by_event.setdefault(name, []).append((source, target, guard))
    changes = 0
    for position, event in enumerate(events):
        state = self.state
        for source, target, guard in by_event.get(event, ()):
            if (source is None or source is state) and (guard is None or guard(self)):
                break
        else:
            raise Rejected(state, event, position)
        if target is not self.state:
            changes += 1
            self.history = self.history + [target]
        self.state = target
    return changes
