# A loop is seen by names, which a string of the path holds.
# differs: two parts of one name above each other that are no loop: Part('screw').use(Part('screw')) (a kit named like what it holds)
def explode(part: Part, count: int = 1) -> dict:
    """What count pieces of part take: part name -> [pieces, cost], in the order in which they are met."""
    result = {}
    waiting = [(part, count, ())]
    for current, needed, path in waiting:
        name = current.name
        if name in path:
            raise Loop(list(path) + [name])
        found = result.get(name)
        if found is None:
            found = result[name] = [0, 0]
        found[0] += needed
        found[1] += needed * current.cost
        if current.uses:
            below = path + (name,)
            waiting += [(child, pieces * needed, below) for child, pieces in current.uses]
    return result
