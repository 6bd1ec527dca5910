# The product of the factors first: floats round otherwise, and texts and lists are repeated otherwise.
def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    reached = {source}
    queue = [(source, 1)]
    for unit, value in queue:
        for (first, second), factor in FACTORS.items():
            if first == unit and second not in reached:
                found = value * factor
                if second == target:
                    return amount * found
                reached.add(second)
                queue.append((second, found))
    raise NoWay(source + " to " + target)
