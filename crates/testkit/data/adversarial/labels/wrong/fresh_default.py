# A fresh list at each call: what was used before is forgotten.
def label(name, used=None):
    """Return the name, or the name with the next free number; remember it."""
    if used is None:
        used = []
    number = 1
    candidate = name
    while candidate in used:
        number += 1
        candidate = name + "-" + str(number)
    used.append(candidate)
    return candidate
