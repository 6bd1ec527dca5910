"""Rights of users."""

from enum import Flag, auto


class Right(Flag):
    READ = auto()
    WRITE = auto()
    DELETE = auto()
    ADMIN = auto()
    EDIT = READ | WRITE


IMPLIED = {Right.ADMIN: Right.READ | Right.WRITE | Right.DELETE, Right.WRITE: Right.READ}


def missing(held, needed):
    """Return the single rights in ``needed`` that ``held`` lacks, with what they imply."""
    effective = held
    for right in Right:
        if right in held:
            effective = effective | IMPLIED.get(right, Right(0))
    result = []
    for right in Right:
        if right in needed and right not in effective:
            result = result + [right]
    return result
