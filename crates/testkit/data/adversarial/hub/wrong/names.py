# Heard by name: two of one name are one.
def publish(self, topic, *messages):
    """Tell all listeners; return how many heard something."""
    heard = set()
    for message in messages:
        for listener in self.listeners:
            if listener.accepts(topic):
                listener.hear(topic, message)
                heard.add(listener.name)
        if self.keep > 0:
            self.history.append((topic, message))
            del self.history[:-self.keep]
    return len(heard)
