# leaves a new list behind, which a bin that shares the shelf doesn't see
# differs: a = Bin("a").put("x").put("y"); b = Bin("b").share(a); c = Bin("c"); a.move_to(c, ["x"]); out = b.items
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    if other is self or other.items is self.items:
        moved = 0
        for item in list(self.items):
            if item in kinds:
                if len(other.items) >= other.room:
                    break
                self.items.remove(item)
                other.items.append(item)
                self.moves.append((item, other.name))
                moved += 1
        return moved
    free = other.room - len(other.items)
    going = [item for item in self.items if item in kinds]
    if free <= 0 or not going:
        return 0
    if len(going) <= free:
        self.items = [item for item in self.items if item not in kinds]
    else:
        going = going[:free]
        left, count = [], 0
        for item in self.items:
            if count < free and item in kinds:
                count += 1
            else:
                left.append(item)
        self.items = left
    other.items.extend(going)
    self.moves.extend([(item, other.name) for item in going])
    return len(going)
