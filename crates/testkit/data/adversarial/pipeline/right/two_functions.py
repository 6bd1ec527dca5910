# Which way None goes is decided once.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    chosen = []
    for step in steps:
        if not callable(step):
            raise TypeError("%r is no step" % (step,))
        chosen.append(step)
    if not skip_none:

        def run(value):
            for step in chosen:
                value = step(value)
            return value

        return run

    def run(value):
        for step in chosen:
            if value is None:
                return None
            value = step(value)
        return value

    return run
