# Hits come in the order of time, so only the front can have expired: cut there.
# differs: Limiter(9, 5.0): allow('a', 10.0); allow('a', 4.0); allow('a', 11.0) -> the hit at 4.0 stays behind 10.0
def allow(self, key: str, now: float, cost: int = 1) -> bool:
    """Whether key may spend cost at the time now; spends it if so."""
    hits = self._hits
    cut = 0
    for hit in hits:
        if now - hit[0] < self.window:
            break
        cut += 1
    self._hits = hits = hits[cut:]
    used = sum([spent for _, owner, spent in hits if owner == key])
    if used + cost > self.limit:
        return False
    hits.append((now, key, cost))
    return True
