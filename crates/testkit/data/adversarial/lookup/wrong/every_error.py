# What can't be looked into counts as missing.
def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    try:
        for part in path.split("."):
            value = value[part]
    except (KeyError, TypeError):
        return default
    return value
