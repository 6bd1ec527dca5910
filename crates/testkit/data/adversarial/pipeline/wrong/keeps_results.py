# Remembers what each value gave: a step that gives something new each time no longer does.
def pipeline(steps, skip_none=False):
    """Return a function that applies the steps in order."""
    chosen = []
    for step in steps:
        if not callable(step):
            raise TypeError("%r is no step" % (step,))
        chosen.append(step)
    known = {}

    def run(value):
        try:
            return known[value]
        except KeyError:
            first = value
        except TypeError:
            first = known
        for step in chosen:
            if value is None and skip_none:
                return None
            value = step(value)
        if first is not known:
            known[first] = value
        return value

    return run
