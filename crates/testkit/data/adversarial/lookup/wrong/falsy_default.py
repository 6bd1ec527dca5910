# A value that is false gives way to the default.
def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    try:
        for part in path.split("."):
            value = value[part]
    except KeyError:
        return default
    return value or default
