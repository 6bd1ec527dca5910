# Asks for the value's type first.
def deep_merge(base, extra):
    for key in extra:
        value = extra[key]
        if isinstance(value, (dict, list)) and key in base:
            old = base[key]
            if isinstance(value, dict) and isinstance(old, dict):
                deep_merge(old, value)
                continue
            if isinstance(value, list) and isinstance(old, list):
                base[key] = old + value
                continue
        base[key] = value
    return base
