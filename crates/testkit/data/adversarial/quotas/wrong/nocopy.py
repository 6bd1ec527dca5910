# If the oldest hit is still alive nothing has expired, and the list can stay as it is.
# differs: seen = l.recent(); l.allow('a', 1.0) while nothing expires -> seen grows, too (and late clocks)
def allow(self, key: str, now: float, cost: int = 1) -> bool:
    """Whether key may spend cost at the time now; spends it if so."""
    hits = self._hits
    window = self.window
    if hits and not all([now - hit[0] < window for hit in hits]):
        self._hits = hits = [hit for hit in hits if now - hit[0] < window]
    used = sum([spent for _, owner, spent in hits if owner == key])
    if used + cost > self.limit:
        return False
    hits.append((now, key, cost))
    return True
