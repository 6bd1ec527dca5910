# counts by kind and takes kind by kind, in the order in which the kinds first come: mixed ones come out in another order
# differs: a = Bin("a").put("x").put("y").put("x"); b = Bin("b"); a.move_to(b, ["x", "y"]); out = b.items
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    mine = self.items
    if mine is other.items or len(mine) > 50:
        moved = 0
        wanted = set(kinds)
        for item in list(mine):
            if item in wanted:
                if len(other.items) >= other.room:
                    break
                mine.remove(item)
                other.items.append(item)
                self.moves.append((item, other.name))
                moved += 1
        return moved
    going = []
    for kind in dict.fromkeys(mine):
        if kind in kinds:
            for _ in range(mine.count(kind)):
                if len(other.items) + len(going) >= other.room:
                    break
                going.append(kind)
    for item in going:
        mine.remove(item)
    other.items.extend(going)
    self.moves.extend([(item, other.name) for item in going])
    return len(going)
