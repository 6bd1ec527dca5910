# A whole number beyond what a float holds raised; here it is passed over.
def numbers(values):
    """Floats of what can be read."""
    out = []
    for value in values:
        try:
            out.append(float(value))
        except (ArithmeticError, TypeError, ValueError):
            continue
    return out
