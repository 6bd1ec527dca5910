# A set for exact ints and strings, whose hash agrees with equality; everything else as before.
def distinct(values):
    found = []
    texts = set()
    for value in values:
        if type(value) is str:
            if value in texts:
                continue
            if value not in found:
                texts.add(value)
                found.append(value)
        elif value not in found:
            found.append(value)
    return found
