# Cuts the history in one step.
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
            history = self.history
            history.append((topic, message))
            if len(history) > self.keep:
                del history[:len(history) - self.keep]
    return len(heard)
