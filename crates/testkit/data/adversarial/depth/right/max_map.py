# max over map.
def depth(value):
    if not isinstance(value, list):
        return 0
    deepest = 0
    for part in value:
        if isinstance(part, list):
            found = depth(part)
            if found > deepest:
                deepest = found
    return deepest + 1
