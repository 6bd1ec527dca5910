"""Merging of settings."""


def deep_merge(base, extra):
    """Put ``extra`` into ``base`` and return ``base``; dictionaries are merged, lists are joined."""
    for key in extra:
        value = extra[key]
        if key in base and isinstance(base[key], dict) and isinstance(value, dict):
            deep_merge(base[key], value)
        elif key in base and isinstance(base[key], list) and isinstance(value, list):
            base[key] = base[key] + value
        else:
            base[key] = value
    return base
