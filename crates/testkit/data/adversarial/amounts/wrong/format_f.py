# Without an exponent.
def show(amount, currency="EUR"):
    return f"{amount:,f} {currency}"
