# The list is grown where it stands.
def numbers(values):
    """Floats of what can be read."""
    out = []
    for value in values:
        try:
            out.append(float(value))
        except (TypeError, ValueError):
            continue
    return out
