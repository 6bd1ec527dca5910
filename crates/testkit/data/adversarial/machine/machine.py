"""State machines for orders: transitions with guards, hooks and a history."""
from enum import Enum


class State(Enum):
    NEW = "new"
    PAID = "paid"
    SENT = "sent"
    CLOSED = "closed"


class Rejected(Exception):
    def __init__(self, state, event, position):
        super().__init__("%s in state %s" % (event, state.value))
        self.state = state
        self.event = event
        self.position = position


class Machine:
    def __init__(self, state=State.NEW):
        self.state = state
        self._rules = []
        self.history = []

    def rule(self, source, event, target, guard=None):
        """Adds a rule; source None is any state, and earlier rules win."""
        self._rules.append((source, event, target, guard))

    def run(self, events):
        """Takes the events one after the other and tells how many changed the state."""
        changes = 0
        position = 0
        for event in events:
            found = None
            for source, name, target, guard in self._rules:
                if found is None:
                    if name == event and (source is None or source == self.state):
                        if guard is None or guard(self):
                            found = target
            if found is None:
                raise Rejected(self.state, event, position)
            if found != self.state:
                changes = changes + 1
                self.history = self.history + [found]
            self.state = found
            position = position + 1
        return changes
