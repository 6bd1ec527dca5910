# knows that a bin may be moved into itself, but not that two bins share a shelf
# differs: a = Bin("a").put("x").put("y"); b = Bin("b").share(a); a.move_to(b, ["x"]); out = a.items
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    moved = 0
    if other is self:
        for item in list(self.items):
            if item in kinds:
                if len(self.items) >= self.room:
                    break
                self.items.remove(item)
                self.items.append(item)
                self.moves.append((item, self.name))
                moved += 1
        return moved
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
