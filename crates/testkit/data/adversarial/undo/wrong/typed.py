# Characters that are typed one behind the other go in together.
# differs: insert(0, 'ß'); upper(): fine; Buffer('xy'): insert(-2, 'a'); insert(-1, 'b'): not one behind the other
def render(self) -> str:
    """The text as all steps leave it."""
    text = self.text
    pending = ""
    start = 0
    for step in self._steps:
        if step.kind == "insert":
            if pending and step.at == start + len(pending):
                pending += step.text
                continue
            if pending:
                position = start if start >= 0 else max(0, len(text) + start)
                text = text[:position] + pending + text[position:]
            pending, start = step.text, step.at
            continue
        if pending:
            position = start if start >= 0 else max(0, len(text) + start)
            text = text[:position] + pending + text[position:]
            pending = ""
        if step.kind == "delete":
            first, last = step.at, step.at + step.count
            if step.count > 0 and last > 0:
                text = text[:max(0, first)] + text[last:]
        else:
            text = "".join([char.upper() for char in text])
    if pending:
        position = start if start >= 0 else max(0, len(text) + start)
        text = text[:position] + pending + text[position:]
    return text
