# Divides what is negative, which goes down; only halves and whole ones come out right.
def mixed(value, most=1000):
    value = value.limit_denominator(most)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(value.numerator, value.denominator)
    if sign:
        whole = -whole - (1 if rest else 0)
    if not rest:
        return f"{sign}{whole}"
    if not whole:
        return f"{sign}{rest}/{value.denominator}"
    return f"{sign}{whole} {rest}/{value.denominator}"
