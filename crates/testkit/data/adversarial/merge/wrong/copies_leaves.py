# Copies nested dictionaries of extra, so that base no longer shares them.
def deep_merge(base, extra):
    for key, value in extra.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            deep_merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            base[key] = old + value
        else:
            base[key] = dict(value) if type(value) is dict else value
    return base
