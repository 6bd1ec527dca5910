# takes each item out at its place, behind those that stay
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    moved = 0
    mine, theirs = self.items, other.items
    for item in list(mine):
        if item not in kinds:
            continue
        if len(theirs) >= other.room:
            break
        theirs.append(mine.pop(mine.index(item)))
        self.moves.append((item, other.name))
        moved += 1
    return moved
