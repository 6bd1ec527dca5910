# Keeps the last number of each name between calls, whatever list is given.
_last = {}


def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    number = _last.get(name, 1)
    candidate = name if number == 1 else name + "-" + str(number)
    while candidate in used:
        number += 1
        candidate = name + "-" + str(number)
    if len(_last) < 100:
        _last[name] = number
    used.append(candidate)
    return candidate
