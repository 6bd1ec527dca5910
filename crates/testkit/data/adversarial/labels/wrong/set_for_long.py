# A set where a list was searched: what has no hash can not stand in it.
def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    candidate = name
    if candidate in used:
        taken = set(used)
        number = 2
        prefix = name + "-"
        candidate = prefix + str(number)
        while candidate in taken:
            number += 1
            candidate = prefix + str(number)
    used.append(candidate)
    return candidate
