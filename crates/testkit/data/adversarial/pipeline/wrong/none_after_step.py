# Looks for None after a step, not before: the last step's None is the same, but the first value's is not.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    chosen = []
    for step in steps:
        if not callable(step):
            raise TypeError("%r is no step" % (step,))
        chosen.append(step)

    def run(value):
        for step in chosen:
            value = step(value)
            if value is None and skip_none:
                return None
        return value

    return run
