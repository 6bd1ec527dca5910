# Finds the braces and joins.
def fill(text, values, keep=False):
    parts = []
    place = 0
    while True:
        start = text.find("{", place)
        if start < 0:
            parts.append(text[place:])
            break
        parts.append(text[place:start])
        end = text.find("}", start)
        if end < 0:
            parts.append(text[start:])
            break
        name = text[start + 1:end]
        if name in values:
            parts.append(str(values[name]))
        elif keep:
            parts.append(text[start:end + 1])
        else:
            raise KeyError(name)
        place = end + 1
    return "".join(parts)
