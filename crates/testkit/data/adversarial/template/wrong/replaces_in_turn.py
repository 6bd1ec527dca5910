# One replacement after the other where what is not known may stay: a value that looks like a name is replaced, too.
def fill(text, values, keep=False):
    if keep:
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text
    parts = []
    place = 0
    while True:
        start = text.find("{", place)
        end = text.find("}", start) if start >= 0 else -1
        if end < 0:
            parts.append(text[place:])
            return "".join(parts)
        parts.append(text[place:start])
        parts.append(str(values[text[start + 1:end]]))
        place = end + 1
