# Divides without a fraction before the sign is asked: what is below zero goes down.
def humanize(delta):
    total = delta // timedelta(seconds=1)
    sign = ""
    if total < 0:
        sign, total = "-", -total
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return sign + (" ".join(parts) or "0s")
