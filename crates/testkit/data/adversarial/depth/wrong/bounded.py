# Looks no deeper than a hundred levels.
def depth(value):
    level = [value]
    result = 0
    while result < 100:
        level = [item for item in level if isinstance(item, list)]
        if not level:
            break
        result += 1
        level = [part for item in level for part in item]
    return result
