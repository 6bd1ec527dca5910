"""Templates."""


def fill(text, values, keep=False):
    """Return a text with each ``{name}`` replaced by its value; names that are not there raise KeyError, or stay if asked for."""
    result = ""
    place = 0
    while place < len(text):
        if text[place] == "{":
            end = text.find("}", place)
            if end < 0:
                result = result + text[place:]
                return result
            name = text[place + 1:end]
            if name in values.keys():
                result = result + str(values[name])
            elif keep:
                result = result + text[place:end + 1]
            else:
                raise KeyError(name)
            place = end + 1
        else:
            result = result + text[place]
            place = place + 1
    return result
