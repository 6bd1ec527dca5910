# Lists are copied where the result shared them with a layer.
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
                where[last] = merge([old, value] if isinstance(old, dict) else [value], sep)
            elif isinstance(value, list):
                where[last] = [*old, *value] if isinstance(old, list) else list(value)
            else:
                where[last] = value
    return result
