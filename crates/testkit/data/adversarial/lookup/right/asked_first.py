# Plain dictionaries are asked first; all else goes the old way.
def dig(settings, path, default=None):
    """Return the value at a dotted path, or the default if a part is missing."""
    value = settings
    for part in path.split("."):
        if type(value) is dict:
            if part not in value:
                return default
            value = value[part]
            continue
        try:
            value = value[part]
        except KeyError:
            return default
    return value
