# Each listener hears all messages before the next one hears any, which who writes to one place can tell.
def publish(self, topic, *messages):
    """Tell all listeners; return how many heard something."""
    heard = []
    for listener in self.listeners:
        told = False
        for message in messages:
            if listener.accepts(topic):
                listener.hear(topic, message)
                told = True
        if told and listener not in heard:
            heard.append(listener)
    keep = self.keep
    if keep > 0:
        self.history.extend((topic, message) for message in messages)
        del self.history[:-keep]
    return len(heard)
