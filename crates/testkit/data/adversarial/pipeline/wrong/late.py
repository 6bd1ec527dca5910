# Refuses what is no step only when the function is called.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    chosen = list(steps)

    def run(value):
        for step in chosen:
            if not callable(step):
                raise TypeError("%r is no step" % (step,))
            if value is None and skip_none:
                return None
            value = step(value)
        return value

    return run
