"""Layers of settings."""


def merge(layers, sep="."):
    """Return one nested dictionary of layers; later ones win, lists are joined, keys with ``sep`` go into the depth."""
    result = {}
    for layer in layers:
        for key, value in layer.items():
            where = result
            parts = key.split(sep)
            for part in parts[:-1]:
                if part not in where or not isinstance(where[part], dict):
                    where[part] = {}
                where = where[part]
            last = parts[-1]
            if isinstance(value, dict):
                old = where.get(last)
                base = [old] if isinstance(old, dict) else []
                where[last] = merge(base + [value], sep)
            elif isinstance(value, list) and isinstance(where.get(last), list):
                where[last] = where[last] + value
            else:
                where[last] = value
    return result
