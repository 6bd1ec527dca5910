# What is inserted and deleted again at once is left out of both.
# differs: Buffer('xy'): insert(10, 'abc'); delete(10, 3): inserted at the end, where 10 is not
def render(self) -> str:
    """The text as all steps leave it."""
    text = self.text
    steps = self._steps
    skip = False
    for number, step in enumerate(steps):
        if skip:
            skip = False
        elif step.kind == "insert":
            position = step.at
            if number + 1 < len(steps) and position >= 0 and step.text:
                following = steps[number + 1]
                if following.kind == "delete" and following.at == position and following.count == len(step.text):
                    skip = True
                    continue
            if position < 0:
                position = max(0, len(text) + position)
            text = text[:position] + step.text + text[position:]
        elif step.kind == "delete":
            first, last = step.at, step.at + step.count
            if step.count > 0 and last > 0:
                text = text[:max(0, first)] + text[last:]
        else:
            text = "".join([char.upper() for char in text])
    return text
