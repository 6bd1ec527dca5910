# The ways from each unit are kept until the table has another size: a factor that is changed is not seen.
_index = {}
_size = [0]


def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    if _size[0] != len(FACTORS):
        _index.clear()
        for (first, second), factor in FACTORS.items():
            _index.setdefault(first, []).append((second, factor))
        _size[0] = len(FACTORS)
    reached = {source}
    queue = [(source, amount)]
    for unit, value in queue:
        for second, factor in _index.get(unit, ()):
            if second not in reached:
                found = value * factor
                if second == target:
                    return found
                reached.add(second)
                queue.append((second, found))
    raise NoWay(source + " to " + target)
