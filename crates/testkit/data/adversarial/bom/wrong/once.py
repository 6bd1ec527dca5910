# The cost of a name is the pieces times the cost of the part, at the end.
# differs: two parts of one name with different costs: kit.use(Part('bolt', 2)).use(Part('bolt', 3))
def explode(part: Part, count: int = 1) -> dict:
    """What count pieces of part take: part name -> [pieces, cost], in the order in which they are met."""
    result = {}
    costs = {}
    waiting = [(part, count, [])]
    for current, needed, path in waiting:
        for above in path:
            if above is current:
                raise Loop([step.name for step in path] + [current.name])
        name = current.name
        found = result.get(name)
        if found is None:
            found = result[name] = [0, 0]
            costs[name] = current.cost
        found[0] = found[0] + needed
        if current.uses:
            below = path + [current]
            for child, pieces in current.uses:
                waiting.append((child, pieces * needed, below))
    for name, found in result.items():
        found[1] = found[0] * costs[name]
    return result
