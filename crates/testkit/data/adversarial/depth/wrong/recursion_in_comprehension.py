# A comprehension takes a frame of its own in older interpreters: half as deep.
def depth(value):
    if not isinstance(value, list):
        return 0
    return max([depth(part) for part in value], default=0) + 1
