# Only the rest is made simpler, by what fits after the whole part was taken; close to one it becomes one.
def mixed(value, most=1000):
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 1)
    rest = rest.limit_denominator(most)
    if rest == 0:
        return sign + str(whole)
    text = f"{rest.numerator}/{rest.denominator}"
    if whole == 0:
        return sign + text
    return f"{sign}{whole} {text}"
