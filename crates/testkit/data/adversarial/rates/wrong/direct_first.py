# Looks for the direct way first, which is asked by the target itself: with a key that equals, or a factor of 0, all is as before; a way that is None is not.
def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    factor = FACTORS.get((source, target))
    if factor:
        return amount * factor
    reached = {source}
    queue = [(source, amount)]
    for unit, value in queue:
        for (first, second), factor in FACTORS.items():
            if factor and first == unit and second not in reached:
                found = value * factor
                if second == target:
                    return found
                reached.add(second)
                queue.append((second, found))
    raise NoWay(source + " to " + target)
