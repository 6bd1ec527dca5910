"""A sliding-window limiter that an API gateway asks before each request."""


class Limiter:
    def __init__(self, limit: int, window: float):
        self.limit = limit
        self.window = window
        self._hits = []

    def recent(self):
        """The hits that counted at the last question, oldest first."""
        return self._hits

    def forget(self, key: str):
        self._hits = [hit for hit in self._hits if hit[1] != key]

    def allow(self, key: str, now: float, cost: int = 1) -> bool:
        """Whether key may spend cost at the time now; spends it if so."""
        alive = []
        for hit in self._hits:
            if now - hit[0] < self.window:
                alive.append(hit)
        self._hits = alive
        used = 0
        for when, owner, spent in self._hits:
            if owner == key:
                used = used + spent
        if used + cost > self.limit:
            return False
        self._hits.append((now, key, cost))
        return True
