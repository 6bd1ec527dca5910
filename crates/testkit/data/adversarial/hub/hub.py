"""Who listens, as long as it lives."""

import weakref


class Listener:
    def __init__(self, name, wants=()):
        self.name = name
        self.wants = list(wants)
        self.heard = []
        self.paused = False

    def accepts(self, topic):
        return not self.paused and (not self.wants or topic in self.wants)

    def hear(self, topic, message):
        self.heard.append((topic, message))


class Once(Listener):
    """Hears one message."""

    def hear(self, topic, message):
        super().hear(topic, message)
        self.paused = True


class Hub:
    def __init__(self):
        self.listeners = []
        self.history = []
        self.keep = 0

    def join(self, listener):
        self.listeners.append(listener)

    def remember(self, count):
        self.keep = count

    def publish(self, topic, *messages):
        """Tell all listeners; return how many heard something."""
        heard = []
        for message in messages:
            for listener in self.listeners:
                if listener.accepts(topic):
                    listener.hear(topic, message)
                    if listener not in heard:
                        heard.append(listener)
            if self.keep > 0:
                self.history.append((topic, message))
                while len(self.history) > self.keep:
                    self.history.pop(0)
        return len(heard)
