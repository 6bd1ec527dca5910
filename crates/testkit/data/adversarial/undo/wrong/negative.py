# Slices of the text; a slice counts from the end by itself.
# differs: delete(-1): the baseline deletes nothing, text[-1:0] parts otherwise; delete(-3, 2)
def render(self) -> str:
    """The text as all steps leave it."""
    text = self.text
    for step in self._steps:
        if step.kind == "insert":
            text = text[:step.at] + step.text + text[step.at:]
        elif step.kind == "delete":
            if step.count > 0:
                text = text[:max(step.at, 0)] + text[step.at + step.count:]
        else:
            text = text.upper() if text.isascii() else "".join([char.upper() for char in text])
    return text
