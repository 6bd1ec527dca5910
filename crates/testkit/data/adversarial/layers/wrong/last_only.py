# Only the last layer that has a key counts where it is no list or dictionary: the order of keys is that of the last.
def merge(layers, sep="."):
    result = {}
    for layer in layers:
        for key, value in layer.items():
            if sep not in key and not isinstance(value, (list, dict)):
                result.pop(key, None)
                result[key] = value
                continue
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
            elif isinstance(value, list) and isinstance(old, list):
                where[last] = old + value
            else:
                where[last] = value
    return result
