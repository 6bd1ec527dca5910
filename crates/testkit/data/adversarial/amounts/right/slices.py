# Cuts once for each three and joins.
def show(amount, currency="EUR"):
    text = str(amount)
    sign = ""
    if text.startswith("-"):
        sign = "-"
        text = text[1:]
    whole, dot, places = text.partition(".")
    parts = []
    while len(whole) > 3:
        parts.append(whole[-3:])
        whole = whole[:-3]
    parts.append(whole)
    parts.reverse()
    return sign + ",".join(parts) + dot + places + " " + currency
