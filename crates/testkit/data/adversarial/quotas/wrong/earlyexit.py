# Stops adding up as soon as the limit is passed.
# differs: a refund (negative cost) after two: costs 3, 3, -4, then 4 at limit 6
def allow(self, key: str, now: float, cost: int = 1) -> bool:
    """Whether key may spend cost at the time now; spends it if so."""
    window = self.window
    self._hits = alive = [hit for hit in self._hits if now - hit[0] < window]
    left = self.limit - cost
    if left < 0:
        return False
    for _, owner, spent in alive:
        if owner == key:
            left -= spent
            if left < 0:
                return False
    alive.append((now, key, cost))
    return True
