# Cuts before the letters grow: one that becomes two is cut otherwise.
def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    bullet = self.bullet + " " if self.bullet else ""
    tab = " " * self.tab
    text = "".join([(tab * depth + bullet + line)[:width or None] + "\n" for depth, line in self.lines])
    return text.upper() if self.upper else text
