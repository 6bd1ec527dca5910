# Remembers the steps between two units, which define and forget change.
_steps = {}


def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    known = _steps.get((source, target))
    if known is not None:
        for step in known:
            amount = amount * FACTORS[step]
        return amount
    reached = {source}
    queue = [(source, ())]
    for unit, steps in queue:
        for (first, second) in FACTORS:
            if first == unit and second not in reached:
                taken = (*steps, (first, second))
                if second == target:
                    if len(_steps) > 200:
                        _steps.clear()
                    _steps[source, target] = taken
                    for step in taken:
                        amount = amount * FACTORS[step]
                    return amount
                reached.add(second)
                queue.append((second, taken))
    raise NoWay(source + " to " + target)
