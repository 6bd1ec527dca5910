# Only the line is shouted, not the bullet.
def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    bullet = self.bullet + " " if self.bullet else ""
    upper = self.upper
    parts = []
    for depth, line in self.lines:
        made = " " * (depth * self.tab) + bullet + (line.upper() if upper else line)
        parts.append(made[:width] if width else made)
    parts.append("")
    return "\n".join(parts)
