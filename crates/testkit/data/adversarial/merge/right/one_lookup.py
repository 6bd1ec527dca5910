# One lookup for each key; a missing key is told from None.
def deep_merge(base, extra):
    for key in extra:
        value = extra[key]
        old = base[key] if key in base else None
        if isinstance(value, dict) and isinstance(old, dict):
            deep_merge(old, value)
        elif isinstance(value, list) and isinstance(old, list):
            base[key] = old + value
        else:
            base[key] = value
    return base
