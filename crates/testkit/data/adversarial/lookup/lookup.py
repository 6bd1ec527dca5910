"""Values in nested settings."""


def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    for part in path.split("."):
        try:
            value = value[part]
        except KeyError:
            return default
    return value
