# Collects the pieces of a part level by level, so that a part that is met often on a level is gone through once.
# differs: a part met on a level between others: the order of names below: a uses b, c, b; b uses x; c uses y... same; two paths of which one is a loop: the path told in Loop is the last one
def explode(part: Part, count: int = 1) -> dict:
    """What count pieces of part take: part name -> [pieces, cost], in the order in which they are met."""
    result = {}
    level = {part: [part, count, []]}
    while level:
        below = {}
        for current, needed, path in level.values():
            for above in path:
                if above is current:
                    raise Loop([step.name for step in path] + [current.name])
            found = result.setdefault(current.name, [0, 0])
            found[0] += needed
            found[1] += needed * current.cost
            for child, pieces in current.uses:
                entry = below.get(child)
                if entry is None:
                    below[child] = [child, pieces * needed, path + [current]]
                else:
                    entry[1] += pieces * needed
        level = below
    return result
