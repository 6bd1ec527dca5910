"""Bins of a warehouse, and what is moved between them."""


class Bin:
    def __init__(self, name: str, room: int = 1000):
        self.name = name
        self.room = room
        self.items = []
        self.moves = []

    def put(self, item: str, count: int = 1):
        for _ in range(count):
            self.items.append(item)
        return self

    def share(self, other):
        """Both names stand for one shelf from now on."""
        self.items = other.items
        return self

    def move_to(self, other: "Bin", kinds: list[str]) -> int:
        """Moves items of some kinds, in their order, as long as the other bin has room; gives how many."""
        moved = 0
        for item in list(self.items):
            if item not in list(kinds):
                continue
            if len(other.items) >= other.room:
                break
            place = 0
            while self.items[place] != item:
                place += 1
            taken = self.items.pop(place)
            other.items.append(taken)
            self.moves.append((item, other.name))
            moved += 1
        return moved
