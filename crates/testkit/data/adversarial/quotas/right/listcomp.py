# Same passes, as a comprehension and a sum over one generated list.
def allow(self, key: str, now: float, cost: int = 1) -> bool:
    """Whether key may spend cost at the time now; spends it if so."""
    window = self.window
    self._hits = alive = [hit for hit in self._hits if now - hit[0] < window]
    used = sum([spent for when, owner, spent in alive if owner == key])
    if used + cost > self.limit:
        return False
    alive.append((now, key, cost))
    return True
