# Slices of the text instead of character by character.
def render(self) -> str:
    """The text as all steps leave it."""
    text = self.text
    for step in self._steps:
        if step.kind == "insert":
            position = step.at
            if position < 0:
                position = max(0, len(text) + position)
            text = text[:position] + step.text + text[position:]
        elif step.kind == "delete":
            if step.count > 0:
                first, last = step.at, step.at + step.count
                if last > 0:
                    text = text[:max(0, first)] + text[last:]
        else:
            text = "".join([char.upper() for char in text])
    return text
