# Of equal values the last stays: True for 1.
def distinct(values):
    found = []
    for value in values:
        if value in found:
            found[found.index(value)] = value
        else:
            found.append(value)
    return found
