# replace, the ampersand first.
def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quote:
        text = text.replace('"', "&quot;")
    return text
