# Slices, and upper() of the whole text.
# differs: no text of Python's upper() depends on neighbours... a count below zero: delete(3, -2) on 'abcdef': text[:3] + text[1:]
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
            first, last = max(0, step.at), max(0, step.at + step.count)
            text = text[:first] + text[last:]
        else:
            text = text.upper()
    return text
