# Rounds to the nearest second, half to even as it happens.
def humanize(delta):
    sign = ""
    if delta < timedelta(0):
        sign = "-"
        delta = -delta
    total = delta.days * 86400 + round(delta.seconds + delta.microseconds / 1e6 - 0.25)
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return sign + (" ".join(parts) or "0s")
