# One try around the loop.
def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    try:
        for part in path.split("."):
            value = value[part]
    except KeyError:
        return default
    return value
