# Small denominators need no limit, whatever the limit is.
def mixed(value, most=1000):
    if value.denominator > 1000 or most < 1:
        value = value.limit_denominator(most)
    sign = "-" if value < 0 else ""
    value = abs(value)
    whole, rest = divmod(value.numerator, value.denominator)
    if not rest:
        return sign + str(whole)
    text = str(rest) + "/" + str(value.denominator)
    if whole == 0:
        return sign + text
    return sign + str(whole) + " " + text
