"""Distinct values of any kind."""


def distinct(values):
    """Return each value once, by equality, in order of first appearance."""
    found = []
    for value in values:
        if value not in found:
            found.append(value)
    return found
