# Puts the rules into a table by (state, event) first; those with a guard or for any state are looked up after it.
# differs: a rule for any state that stands before one of a state: rule(None, 'pay', CLOSED); rule(NEW, 'pay', PAID)
def run(self, events):
    """Takes the events one after the other and tells how many changed the state."""
    table = {}
    others = {}
    for source, name, target, guard in self._rules:
        if guard is None and source is not None:
            table.setdefault((source, name), target)
        else:
            others.setdefault(name, []).append((source, target, guard))
    changes = 0
    for position, event in enumerate(events):
        target = table.get((self.state, event))
        if target is None:
            for source, target, guard in others.get(event, ()):
                if (source is None or source == self.state) and (guard is None or guard(self)):
                    break
            else:
                raise Rejected(self.state, event, position)
        if target != self.state:
            changes += 1
            self.history = self.history + [target]
        self.state = target
    return changes
