# A list of the steps is checked, not built one by one; the inner function walks it as it is.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    chosen = []
    for step in steps:
        if not callable(step):
            raise TypeError("%r is no step" % (step,))
        chosen.append(step)

    def run(value):
        for step in chosen:
            if value is None and skip_none:
                return None
            value = step(value)
        return value

    return run
