# one pass; into itself, or a bin that shares its shelf, things are lost
# differs: a = Bin("a").put("x").put("y"); a.move_to(a, ["x"]); out = a.items
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    moved = 0
    mine, theirs = list(self.items), other.items
    left = []
    for place, item in enumerate(mine):
        if item not in kinds:
            left.append(item)
            continue
        if len(theirs) >= other.room:
            left.extend(mine[place:])
            break
        theirs.append(item)
        self.moves.append((item, other.name))
        moved += 1
    if moved:
        self.items[:] = left
    return moved
