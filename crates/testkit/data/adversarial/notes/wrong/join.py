# Joined with ends of lines: at the end of nothing one stands.
def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    bullet = self.bullet + " " if self.bullet else ""
    tab = self.tab
    parts = [" " * (depth * tab) + bullet + line for depth, line in self.lines]
    if self.upper:
        parts = [part.upper() for part in parts]
    if width > 0:
        parts = [part[:width] for part in parts]
    return "\n".join(parts) + "\n" if parts else ""
