# html.escape takes the single quote too.
import html


def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    return html.escape(text, quote)
