# Does not remember the second and later ones.
def label(name, used=[]):
    """Return the name, or the name with the next free number; remember it."""
    if name not in used:
        used.append(name)
        return name
    number = 2
    taken = set(used)
    while name + "-" + str(number) in taken:
        number += 1
    return name + "-" + str(number)
