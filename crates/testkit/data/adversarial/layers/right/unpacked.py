# The entry is looked up once a step.
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
            if isinstance(value, dict):
                old = where.get(last)
                base = [old] if isinstance(old, dict) else []
                where[last] = merge(base + [value], sep)
            elif isinstance(value, list) and isinstance(where.get(last), list):
                where[last] = where[last] + value
            else:
                where[last] = value
    return result
