"""A text buffer that keeps its steps, so that they can be undone and done again."""


class Step:
    def __init__(self, kind: str, at: int, text: str = "", count: int = 0):
        self.kind = kind
        self.at = at
        self.text = text
        self.count = count


class Buffer:
    def __init__(self, text: str = ""):
        self.text = text
        self._steps = []
        self._undone = []

    def insert(self, at: int, text: str):
        """Inserts before the character at; behind the end means at the end, and -1 before the last."""
        self._steps.append(Step("insert", at, text))
        self._undone = []

    def delete(self, at: int, count: int = 1):
        self._steps.append(Step("delete", at, "", count))
        self._undone = []

    def upper(self):
        self._steps.append(Step("upper", 0))
        self._undone = []

    def undo(self) -> bool:
        if not self._steps:
            return False
        self._undone.append(self._steps.pop())
        return True

    def redo(self) -> bool:
        if not self._undone:
            return False
        self._steps.append(self._undone.pop())
        return True

    def render(self) -> str:
        """The text as all steps leave it."""
        text = self.text
        for step in self._steps:
            result = ""
            if step.kind == "insert":
                position = step.at
                if position < 0:
                    position = max(0, len(text) + position)
                for index, char in enumerate(text):
                    if index == position:
                        result += step.text
                    result += char
                if position >= len(text):
                    result += step.text
            elif step.kind == "delete":
                for index, char in enumerate(text):
                    if not (step.at <= index < step.at + step.count):
                        result += char
            else:
                for char in text:
                    result += char.upper()
            text = result
        return text
