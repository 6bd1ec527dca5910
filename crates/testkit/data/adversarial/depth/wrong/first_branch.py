# Looks into the first and the last part only.
def depth(value):
    if not isinstance(value, list):
        return 0
    return 1 + (max(depth(value[0]), depth(value[-1])) if value else 0)
