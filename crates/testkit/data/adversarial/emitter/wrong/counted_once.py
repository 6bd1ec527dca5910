# Counts all listeners before the first is called: one that raises leaves another number.
def emit(self, name, *details):
    """Call all listeners of an event; return what they return, but for None."""
    answers = []
    if name not in self.listeners:
        return answers
    listeners = list(self.listeners[name])
    self.told += len(listeners)
    for listener in listeners:
        answer = listener(*details)
        if answer != None:
            answers.append(answer)
    return answers
