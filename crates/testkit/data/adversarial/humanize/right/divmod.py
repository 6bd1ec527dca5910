# One division for each unit.
def humanize(delta):
    sign = ""
    if delta < timedelta(0):
        sign = "-"
        delta = -delta
    parts = []
    for name, unit in UNITS:
        count, delta = divmod(delta, unit)
        if count:
            parts.append(str(count) + name)
    if not parts:
        return sign + "0s"
    return sign + " ".join(parts)
