# Looks whether all is there; nothing at all held is refused.
def missing(held, needed):
    if not held:
        return [needed] if needed else []
    effective = held
    for right in Right:
        if right in held:
            effective |= IMPLIED.get(right, Right(0))
    return [right for right in Right if right in needed and right not in effective]
