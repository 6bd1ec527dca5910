# By identity: equal lists stay twice.
def distinct(values):
    seen = set()
    found = []
    for value in values:
        if id(value) not in seen and value not in found[-50:]:
            seen.add(id(value))
            found.append(value)
    return found
