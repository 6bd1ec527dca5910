# A deque for the queue.
from collections import deque


def convert(amount, source, target):
    """Return an amount in another unit, by the fewest steps."""
    if source == target:
        return amount
    reached = [source]
    queue = deque([(source, amount)])
    while queue:
        unit, value = queue.popleft()
        for (first, second), factor in FACTORS.items():
            if first == unit and second not in reached:
                found = value * factor
                if second == target:
                    return found
                reached.append(second)
                queue.append((second, found))
    raise NoWay(source + " to " + target)
