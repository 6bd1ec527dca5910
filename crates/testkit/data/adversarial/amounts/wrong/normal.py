# The memo by hand, for what is equal.
_shown = {}


def show(amount, currency="EUR"):
    key = (amount, currency)
    found = _shown.get(key)
    if found is None:
        text = str(amount)
        sign = ""
        if text.startswith("-"):
            sign = "-"
            text = text[1:]
        whole, dot, places = text.partition(".")
        grouped = ""
        while len(whole) > 3:
            grouped = "," + whole[-3:] + grouped
            whole = whole[:-3]
        found = sign + whole + grouped + dot + places + " " + currency
        if len(_shown) >= 512:
            _shown.clear()
        _shown[key] = found
    return found
