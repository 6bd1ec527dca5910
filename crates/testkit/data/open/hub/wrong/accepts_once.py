# Who accepts is asked once: one that pauses after the first message hears all.
def publish(self, topic, *messages):
    """Tell all listeners; return how many heard something."""
    accepting = [listener for listener in self.listeners if type(listener) is not Listener or listener.accepts(topic)]
    heard = []
    for message in messages:
        for listener in accepting:
            if type(listener) is Listener or listener.accepts(topic):
                listener.hear(topic, message)
                if listener not in heard:
                    heard.append(listener)
        if self.keep > 0:
            self.history.append((topic, message))
            del self.history[:-self.keep]
    return len(heard)
