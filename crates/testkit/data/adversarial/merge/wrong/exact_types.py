# type() is not isinstance: subclasses of dict are replaced, not merged.
def deep_merge(base, extra):
    for key, value in extra.items():
        old = base.get(key)
        if type(old) is dict and type(value) is dict:
            deep_merge(old, value)
        elif type(old) is list and type(value) is list:
            base[key] = old + value
        else:
            base[key] = value
    return base
