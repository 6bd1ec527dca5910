# Makes an entry for what nobody listens to.
def emit(self, name, *details):
    """Call all listeners of an event; return what they return, but for None."""
    answers = []
    for listener in list(self.listeners.setdefault(name, [])):
        answer = listener(*details)
        self.told += 1
        if answer != None:
            answers.append(answer)
    return answers
