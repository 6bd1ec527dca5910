# What stands in the way and is no dictionary stays, and what comes below it is lost.
def merge(layers, sep="."):
    result = {}
    for layer in layers:
        for key, value in layer.items():
            where = result
            *parts, last = key.split(sep)
            for part in parts:
                inner = where.get(part)
                if not isinstance(inner, dict):
                    if inner is None:
                        where[part] = {}
                    else:
                        where[part] = {} if not isinstance(inner, list) else {}
                where = where[part]
            old = where.get(last)
            if isinstance(value, dict):
                if isinstance(old, dict):
                    old.update(merge([value], sep))
                else:
                    where[last] = merge([value], sep)
            elif isinstance(value, list) and isinstance(old, list):
                where[last] = old + value
            else:
                where[last] = value
    return result
