"""Text for a page."""


def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    result = ""
    for char in text:
        if char == "&":
            result += "&amp;"
        elif char == "<":
            result += "&lt;"
        elif char == ">":
            result += "&gt;"
        elif char == '"' and quote:
            result += "&quot;"
        else:
            result += char
    return result
