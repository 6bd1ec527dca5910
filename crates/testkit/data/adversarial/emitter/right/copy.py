# A slice copies the listeners; append collects.
def emit(self, name, *details):
    """Call all listeners of an event; return what they return, but for None."""
    answers = []
    if name not in self.listeners:
        return answers
    for listener in self.listeners[name][:]:
        answer = listener(*details)
        self.told += 1
        if answer != None:
            answers.append(answer)
    return answers
