# One goes where one comes: a history that is longer than what is kept by now stays so.
def publish(self, topic, *messages):
    """Tell all listeners; return how many heard something."""
    heard = []
    keep = self.keep
    history = self.history
    for message in messages:
        for listener in self.listeners:
            if listener.accepts(topic):
                listener.hear(topic, message)
                if listener not in heard:
                    heard.append(listener)
        if keep > 0:
            if len(history) >= keep:
                del history[0]
            history.append((topic, message))
    return len(heard)
