# Counted by place: who joined twice counts twice.
def publish(self, topic, *messages):
    """Tell all listeners; return how many heard something."""
    heard = set()
    listeners = self.listeners
    for message in messages:
        for place, listener in enumerate(listeners):
            if listener.accepts(topic):
                listener.hear(topic, message)
                heard.add(place)
        if self.keep > 0:
            self.history.append((topic, message))
            while len(self.history) > self.keep:
                del self.history[0]
    return len(heard)
