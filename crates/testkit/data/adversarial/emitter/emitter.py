"""Events."""


class Emitter:
    """Tells listeners what happens."""

    __slots__ = ("listeners", "told")

    def __init__(self):
        self.listeners = {}
        self.told = 0

    def on(self, name, listener):
        """Let a listener hear an event."""
        self.listeners.setdefault(name, []).append(listener)

    def emit(self, name, *details):
        """Call all listeners of an event; return what they return, but for None."""
        answers = []
        if name not in self.listeners.keys():
            return answers
        for listener in [one for one in self.listeners[name]]:
            answer = listener(*details)
            self.told = self.told + 1
            if answer != None:
                answers = answers + [answer]
        return answers
