"""Depth of nested lists."""


def depth(value):
    """Return how deeply lists are nested in a value; 0 for what is no list."""
    if not isinstance(value, list):
        return 0
    deepest = 0
    for part in value:
        found = depth(part)
        if found > deepest:
            deepest = found
    return deepest + 1
