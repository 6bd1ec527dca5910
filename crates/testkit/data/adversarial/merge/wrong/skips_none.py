# A value of None does not replace.
def deep_merge(base, extra):
    for key, value in extra.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            deep_merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            base[key] = old + value
        elif value is not None or key not in base:
            base[key] = value
    return base
