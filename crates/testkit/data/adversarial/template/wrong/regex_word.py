# Names are words: with blanks or points, or of nothing, they stay.
import re


def fill(text, values, keep=False):
    def value(found):
        name = found[1]
        if name in values:
            return str(values[name])
        if keep:
            return found[0]
        raise KeyError(name)

    return re.sub(r"\{(\w+)\}", value, text)
