# A text without signs comes back as it is, with its class.
def escape(text, quote=False):
    """Return text with the signs of markup replaced."""
    if not ("&" in text or "<" in text or ">" in text or quote and '"' in text):
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") if quote else text
