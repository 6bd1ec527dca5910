# An admin has everything.
def missing(held, needed):
    if Right.ADMIN in held:
        return []
    effective = held | Right.READ if Right.WRITE in held else held
    return [right for right in Right if right in needed and right not in effective]
