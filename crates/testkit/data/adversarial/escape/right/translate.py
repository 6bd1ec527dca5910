# A table made once and translate.
_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_QUOTED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    return text.translate(_QUOTED if quote else _SIGNS)
