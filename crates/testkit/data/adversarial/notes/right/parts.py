# Collected in a list and joined.
def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    parts = []
    for depth, line in self.lines:
        made = " " * (depth * self.tab)
        if self.bullet:
            made = made + self.bullet + " "
        made = made + line
        if self.upper:
            made = made.upper()
        if width:
            made = made[:width]
        parts.append(made + "\n")
    return "".join(parts)
