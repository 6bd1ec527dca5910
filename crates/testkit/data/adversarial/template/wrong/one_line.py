# A point takes no end of line.
import re


def fill(text, values, keep=False):
    def value(found):
        name = found[1]
        if name in values:
            return str(values[name])
        if keep:
            return found[0]
        raise KeyError(name)

    return re.sub(r"\{(.*?)\}", value, text)
