# Most texts hold no such sign: one search decides.
import re

_SIGN = re.compile(r'[&<>"]')
_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    if _SIGN.search(text) is None:
        return "".join(text)
    return "".join(["&quot;" if quote and char == '"' else _NAMES.get(char, char) for char in text])
