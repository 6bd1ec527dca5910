# Remembers lines by text and depth: the style is not among what they are known by.
_made = {}


def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    parts = []
    for depth, line in self.lines:
        key = (depth, line, self.bullet, self.upper, width)
        made = _made.get(key)
        if made is None:
            made = " " * (depth * self.tab)
            if self.bullet:
                made += self.bullet + " "
            made += line
            if self.upper:
                made = made.upper()
            if width:
                made = made[:width]
            if len(_made) > 500:
                _made.clear()
            _made[key] = made
        parts.append(made + "\n")
    return "".join(parts)
