# A list of an earlier layer is extended in place once it was joined... and before.
def merge(layers, sep="."):
    result = {}
    joined = set()
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
            elif isinstance(value, list) and isinstance(old, list):
                if (id(where), last) in joined:
                    old.extend(value)
                else:
                    where[last] = old + value
                    joined.add((id(where), last))
            else:
                where[last] = value
    return result
