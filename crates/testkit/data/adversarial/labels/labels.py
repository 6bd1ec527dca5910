"""Labels that do not repeat."""


def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    number = 1
    candidate = name
    while candidate in used:
        number = number + 1
        candidate = name + "-" + str(number)
    used.append(candidate)
    return candidate
