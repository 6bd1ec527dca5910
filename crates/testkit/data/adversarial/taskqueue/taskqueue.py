"""A queue of tasks with priorities; a lower number is more urgent."""
import heapq


class TaskQueue:
    def __init__(self):
        self._items = []
        self._count = 0
        self.taken = []

    def put(self, name, priority=10):
        self._items.append((priority, self._count, name))
        self._count += 1

    def put_back(self, name, priority):
        """A task that was interrupted: it goes before all others of its priority."""
        self._items.append((priority, -self._count, name))
        self._count += 1

    def bump(self, name, by=1):
        """Makes a task more urgent; it counts as the newest of its new priority."""
        for place, (priority, count, other) in enumerate(self._items):
            if other == name:
                self._items[place] = (priority - by, self._count, other)
                self._count += 1

    def merge(self, other):
        """Takes over what another queue has."""
        self._items.extend(other._items)
        other._items = []

    def __len__(self):
        return len(self._items)

    def take(self, limit: int | None = None) -> list[str]:
        """The most urgent tasks, at most `limit`, in their order; names are noted in `taken`."""
        result = []
        while self._items and (limit is None or len(result) < limit):
            best = sorted(self._items, key=lambda item: (item[0], item[1]))[0]
            self._items.remove(best)
            self.taken.append(best[2])
            result.append(best[2])
        return result
