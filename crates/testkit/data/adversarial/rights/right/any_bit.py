# A bit in common is enough for what implies others.
def missing(held, needed):
    effective = held
    for right, implied in IMPLIED.items():
        if held & right:
            effective |= implied
    lacking = needed & ~effective
    return [right for right in Right if lacking & right]
