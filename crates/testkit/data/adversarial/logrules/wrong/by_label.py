# Compiles once, one pattern for each label.
# differs: rules of one label that are not neighbours: [("a", "x"), ("b", "y"), ("a", "z")], line "y z": a instead of b
import re


def label_lines(lines: list[str], rules: list[tuple[str, str]], ignore_case: bool = False) -> list[str]:
    flags = re.IGNORECASE if ignore_case else 0
    for label, pattern in rules:
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadRule(label, str(error)) from None
    groups = {}
    for label, pattern in rules:
        groups.setdefault(label, []).append(re.compile(pattern, flags).search)
    labels = []
    for line in lines:
        found = ""
        for label, searches in groups.items():
            if any(search(line) for search in searches):
                found = label
                break
        labels.append(found)
    return labels
