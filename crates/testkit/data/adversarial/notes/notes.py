"""Notes as text."""


class Notes:
    """Lines with their depths."""

    def __init__(self):
        self.lines = []
        self.bullet = "-"
        self.tab = 2
        self.upper = False

    def add(self, text, depth=0):
        self.lines.append((depth, text))

    def style(self, bullet, tab):
        self.bullet = bullet
        self.tab = tab

    def shout(self):
        self.upper = not self.upper

    def render(self, width=0):
        """Return the notes, each line cut to a width other than 0."""
        text = ""
        for depth, line in self.lines:
            made = " " * (depth * self.tab)
            if self.bullet:
                made = made + self.bullet + " "
            made = made + line
            if self.upper:
                made = made.upper()
            if width:
                made = made[:width]
            text = text + made + "\n"
        return text
