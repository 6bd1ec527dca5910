# A list that is added to.
def missing(held, needed):
    effective = held
    nothing = Right(0)
    for right in Right:
        if right in held:
            effective |= IMPLIED.get(right, nothing)
    return [right for right in Right if right in needed and right not in effective]
