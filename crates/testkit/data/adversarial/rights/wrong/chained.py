# What is implied by what is implied: all of Right is asked of what is effective.
def missing(held, needed):
    effective = held
    for right in reversed(Right):
        if right in effective:
            effective |= IMPLIED.get(right, Right(0))
    if effective & needed == needed:
        return []
    return [right for right in Right if right in needed and right not in held]
