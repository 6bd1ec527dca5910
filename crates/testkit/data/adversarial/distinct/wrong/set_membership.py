# A set refuses what can't be hashed.
def distinct(values):
    seen = set()
    found = []
    for value in values:
        if value not in seen:
            seen.add(value)
            found.append(value)
    return found
