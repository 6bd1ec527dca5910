# A stack of iterators in place of recursion: deeper nesting than before is borne, nothing less.
def flatten(items, depth=None):
    """Return a flat list of what nested lists and tuples hold, down to `depth`."""
    result = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, (list, tuple)) and (depth is None or depth - len(stack) + 1 > 0):
                stack.append(iter(item))
                break
            result.append(item)
        else:
            stack.pop()
    return result
