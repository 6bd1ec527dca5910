# What isn't needed (no pieces) is not gone through.
# differs: a part used 0 times with parts below it: they are missing (the tests ask for 0 tables at the top only)
def explode(part: Part, count: int = 1) -> dict:
    """What count pieces of part take: part name -> [pieces, cost], in the order in which they are met."""
    result = {}
    waiting = [(part, count, [])]
    for current, needed, path in waiting:
        for above in path:
            if above is current:
                raise Loop([step.name for step in path] + [current.name])
        name = current.name
        found = result.get(name)
        if found is None:
            found = result[name] = [0, 0]
        found[0] = found[0] + needed
        found[1] = found[1] + needed * current.cost
        if current.uses:
            below = path + [current]
            for child, pieces in current.uses:
                if pieces:
                    waiting.append((child, pieces * needed, below))
    return result
