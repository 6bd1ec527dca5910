# One table for both ways.
_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    return text.translate(_SIGNS)
