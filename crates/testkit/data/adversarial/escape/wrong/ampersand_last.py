# The ampersand last: it meets those that were just made.
def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    text = text.replace("<", "&lt;").replace(">", "&gt;").replace("&", "&amp;")
    return text.replace('"', "&quot;") if quote else text
