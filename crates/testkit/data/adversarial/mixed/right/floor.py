# Takes the whole part in one step.
def mixed(value, most=1000):
    value = value.limit_denominator(most)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value.numerator), value.denominator)
    if rest == 0:
        return sign + str(whole)
    text = str(rest) + "/" + str(value.denominator)
    if whole == 0:
        return sign + text
    return sign + str(whole) + " " + text
