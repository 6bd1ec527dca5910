# Goes on from how many there are, which skips a free number.
def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    candidate = name
    if name in used:
        number = sum(1 for one in used if one == name or one.startswith(name + "-")) + 1
        candidate = name + "-" + str(number)
        while candidate in used:
            number += 1
            candidate = name + "-" + str(number)
    used.append(candidate)
    return candidate
