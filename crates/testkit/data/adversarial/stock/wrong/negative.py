# takes the first so many that fit by a slice, which for a bin that holds more than its room counts from the end
# differs: a = Bin("a").put("x", 3); b = Bin("b", 1).put("y", 2); a.move_to(b, ["x"]); out = (a.items, b.items)
def move_to(self, other: "Bin", kinds: list[str]) -> int:
    """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
    mine = self.items
    if mine is other.items:
        moved = 0
        for item in list(mine):
            if item in kinds:
                if len(mine) >= other.room:
                    break
                mine.remove(item)
                mine.append(item)
                self.moves.append((item, other.name))
                moved += 1
        return moved
    places = [place for place, item in enumerate(mine) if item in kinds][:other.room - len(other.items)]
    if not places:
        return 0
    going = [mine[place] for place in places]
    gone = set(places)
    mine[:] = [item for place, item in enumerate(mine) if place not in gone]
    other.items.extend(going)
    self.moves.extend([(item, other.name) for item in going])
    return len(going)
