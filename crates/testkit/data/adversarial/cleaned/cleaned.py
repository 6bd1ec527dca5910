"""Numbers from what people typed."""


def numbers(values):
    """Floats of what can be read."""
    out = []
    for value in values:
        try:
            out = out + [float(value)]
        except (TypeError, ValueError):
            continue
    return out
