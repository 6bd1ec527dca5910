"""Names of releases."""

import re

DIGITS = "0123456789"


def is_release(text, parts=3):
    """Tell whether a text is ``v`` and numbers with points between them, as many as ``parts``; 0 takes any number of them."""
    if not text.startswith("v"):
        return False
    numbers = text[1:].split(".")
    if parts and len(numbers) != parts:
        return False
    for number in numbers:
        if number == "":
            return False
        for character in number:
            if character not in DIGITS:
                return False
        if len(number) > 1 and number[0] == "0":
            return False
    return True
