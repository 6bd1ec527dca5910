# Leaves out all that is false.
def emit(self, name, *details):
    """Call all listeners of an event; return what they return, but for None."""
    if name not in self.listeners:
        return []
    answers = []
    for listener in list(self.listeners[name]):
        answer = listener(*details)
        self.told += 1
        if answer:
            answers.append(answer)
    return answers
