# Walks the listeners themselves, to which a listener may add.
def emit(self, name, *details):
    """Call all listeners of an event; return what they return, but for None."""
    answers = []
    for listener in self.listeners.get(name, ()):
        answer = listener(*details)
        self.told += 1
        if answer != None:
            answers.append(answer)
    return answers
