# Subclasses of list have no depth any more.
def depth(value):
    if type(value) is not list:
        return 0
    return 1 + max(map(depth, value), default=0)
