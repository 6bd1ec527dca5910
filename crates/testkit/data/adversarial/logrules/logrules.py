"""Labels for log lines, by rules that users write as regular expressions."""
import re


class BadRule(ValueError):
    def __init__(self, label, reason):
        super().__init__(f"rule {label}: {reason}")
        self.label = label


def label_lines(lines: list[str], rules: list[tuple[str, str]], ignore_case: bool = False) -> list[str]:
    """The label of each line: that of the first rule whose pattern is found in it, or ""."""
    labels = []
    for label, pattern in rules:
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadRule(label, str(error)) from None
    for line in lines:
        found = ""
        for label, pattern in reversed(rules):
            if re.compile(pattern, re.IGNORECASE if ignore_case else 0).search(line):
                found = label
        labels.append(found)
    return labels
