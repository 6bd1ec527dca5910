"""Bills of materials: what an assembly takes, part by part."""


class Loop(Exception):
    def __init__(self, path):
        super().__init__(" > ".join(path))
        self.path = path


class Part:
    def __init__(self, name: str, cost: int = 0):
        self.name = name
        self.cost = cost
        self.uses = []

    def use(self, part: "Part", count: int = 1):
        self.uses.append((part, count))
        return self


def explode(part: Part, count: int = 1) -> dict:
    """What count pieces of part take: part name -> [pieces, cost], in the order in which they are met."""
    result = {}
    waiting = [(part, count, [])]
    while waiting:
        current, needed, path = waiting.pop(0)
        for above in path:
            if above is current:
                raise Loop([step.name for step in path] + [current.name])
        found = None
        for name in result:
            if name == current.name:
                found = result[name]
        if found is None:
            found = [0, 0]
            result[current.name] = found
        found[0] = found[0] + needed
        found[1] = found[1] + needed * current.cost
        for child, pieces in current.uses:
            waiting.append((child, pieces * needed, path + [current]))
    return result
