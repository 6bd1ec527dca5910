# A nested dictionary without separators in its keys is taken as it is, which later layers then change.
def merge(layers, sep="."):
    result = {}
    for layer in layers:
        for key, value in layer.items():
            where = result
            *parts, last = key.split(sep)
            for part in parts:
                inner = where.get(part)
                if not isinstance(inner, dict):
                    inner = where[part] = {}
                where = inner
            old = where.get(last)
            if isinstance(value, dict):
                if not isinstance(old, dict) and not any(sep in name for name in value):
                    where[last] = value
                else:
                    where[last] = merge([old, value] if isinstance(old, dict) else [value], sep)
            elif isinstance(value, list) and isinstance(old, list):
                where[last] = old + value
            else:
                where[last] = value
    return result
