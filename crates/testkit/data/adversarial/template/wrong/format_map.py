# str.format_map knows conversions, attributes and double braces.
class _Known(dict):
    def __init__(self, values, keep):
        super().__init__(values)
        self.keep = keep

    def __missing__(self, name):
        if self.keep:
            return "{" + name + "}"
        raise KeyError(name)


def fill(text, values, keep=False):
    if text.count("{") != text.count("}"):
        parts = []
        place = 0
        while True:
            start = text.find("{", place)
            end = text.find("}", start) if start >= 0 else -1
            if end < 0:
                parts.append(text[place:])
                return "".join(parts)
            name = text[start + 1:end]
            parts.append(text[place:start])
            if name in values:
                parts.append(str(values[name]))
            elif keep:
                parts.append(text[start:end + 1])
            else:
                raise KeyError(name)
            place = end + 1
    return text.format_map(_Known(values, keep))
