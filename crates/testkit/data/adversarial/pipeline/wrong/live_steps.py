# Walks the caller's list, which may change afterwards.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    for step in steps:
        if not callable(step):
            raise TypeError("%r is no step" % (step,))

    def run(value):
        for step in steps:
            if value is None and skip_none:
                return None
            value = step(value)
        return value

    return run
