# Equal values may be written differently: 1 and 1.0 and True are one value.
def distinct(values):
    return list({repr(value): value for value in reversed(list(values))}.values())[::-1]
