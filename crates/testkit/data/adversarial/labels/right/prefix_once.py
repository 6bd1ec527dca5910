# The part in front of the number is joined once.
def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    candidate = name
    if candidate in used:
        number = 2
        prefix = name + "-"
        candidate = prefix + str(number)
        while candidate in used:
            number += 1
            candidate = prefix + str(number)
    used.append(candidate)
    return candidate
