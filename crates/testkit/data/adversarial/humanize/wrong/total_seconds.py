# Seconds are rounded toward zero before the sign is asked: a little less than nothing had a sign.
def humanize(delta):
    total = int(delta.total_seconds())
    sign = ""
    if total < 0:
        sign, total = "-", -total
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return sign + (" ".join(parts) or "0s")
