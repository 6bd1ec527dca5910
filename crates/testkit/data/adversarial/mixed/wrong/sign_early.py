# The sign before it is made simpler: a little less than nothing becomes minus nothing.
def mixed(value, most=1000):
    sign = "-" if value < 0 else ""
    value = abs(value).limit_denominator(most)
    whole, rest = divmod(value.numerator, value.denominator)
    if not rest:
        return sign + str(whole)
    text = str(rest) + "/" + str(value.denominator)
    if whole == 0:
        return sign + text
    return sign + str(whole) + " " + text
