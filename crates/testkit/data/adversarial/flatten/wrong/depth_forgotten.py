# The stack knows no depth below the first.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    if depth is not None and depth <= 0:
        return list(items)
    result = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, (list, tuple)):
                stack.append(iter(item))
                break
            result.append(item)
        else:
            stack.pop()
    return result
