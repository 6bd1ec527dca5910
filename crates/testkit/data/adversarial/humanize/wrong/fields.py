# The fields of a negative span are those of days less and seconds more.
def humanize(delta):
    sign = "-" if delta.days < 0 else ""
    days = abs(delta.days)
    seconds = delta.seconds
    if sign and seconds:
        days -= 1
        seconds = 86400 - seconds
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return sign + (" ".join(parts) or "0s")
