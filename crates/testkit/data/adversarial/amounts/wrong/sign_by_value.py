# The sign by comparison: minus zero has one, and what is no number can not be compared.
def show(amount, currency="EUR"):
    sign = ""
    if amount < 0:
        sign = "-"
    whole, dot, places = str(abs(amount)).partition(".")
    grouped = ""
    while len(whole) > 3:
        grouped = "," + whole[-3:] + grouped
        whole = whole[:-3]
    return sign + whole + grouped + dot + places + " " + currency
