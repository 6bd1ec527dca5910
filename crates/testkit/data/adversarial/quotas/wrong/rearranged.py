# now - t < window is t > now - window: the subtraction goes out of the loop.
# differs: window 0.1, hit at 0.9, now 1.0 (rounding decides)
def allow(self, key: str, now: float, cost: int = 1) -> bool:
    """Whether key may spend cost at the time now; spends it if so."""
    oldest = now - self.window
    self._hits = alive = [hit for hit in self._hits if hit[0] > oldest]
    used = sum([spent for _, owner, spent in alive if owner == key])
    if used + cost > self.limit:
        return False
    alive.append((now, key, cost))
    return True
