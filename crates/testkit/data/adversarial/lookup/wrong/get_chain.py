# None on the way counts as missing.
def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    for part in path.split("."):
        value = value.get(part)
        if value is None:
            return default
    return value
