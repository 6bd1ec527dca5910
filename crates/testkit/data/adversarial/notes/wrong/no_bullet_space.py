# The lead is put together in one piece: without a bullet a blank stays.
def render(self, width=0):
    """Return the notes, each line cut to a width other than 0."""
    bullet, tab, upper = self.bullet, self.tab, self.upper
    parts = []
    for depth, line in self.lines:
        made = f"{'':{max(depth * tab, 0)}}{bullet} {line}"
        if upper:
            made = made.upper()
        if width:
            made = made[:width]
        parts.append(made + "\n")
    return "".join(parts)
