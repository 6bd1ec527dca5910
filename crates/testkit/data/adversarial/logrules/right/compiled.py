# Compiles once, and stops at the first rule that fits.
import re


def label_lines(lines: list[str], rules: list[tuple[str, str]], ignore_case: bool = False) -> list[str]:
    for label, pattern in rules:
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadRule(label, str(error)) from None
    labels = []
    searches = None
    for line in lines:
        if searches is None:
            flags = re.IGNORECASE if ignore_case else 0
            searches = [(label, re.compile(pattern, flags).search) for label, pattern in rules]
        found = ""
        for label, search in searches:
            if search(line):
                found = label
                break
        labels.append(found)
    return labels
