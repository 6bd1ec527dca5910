# The names are sorted: DELETE comes before WRITE.
def missing(held, needed):
    effective = held
    for right in Right:
        if right in held:
            effective |= IMPLIED.get(right, Right(0))
    lacking = [right for right in Right if right in needed and right not in effective]
    return sorted(lacking, key=lambda right: right.name) if len(lacking) > 2 else lacking
