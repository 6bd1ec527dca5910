# The format puts commas in: an exponent, infinity and less than a millionth are written otherwise.
def show(amount, currency="EUR"):
    return f"{amount:,} {currency}"
