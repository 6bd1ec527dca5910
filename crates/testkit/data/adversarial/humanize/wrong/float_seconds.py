# total_seconds is a float: a microsecond less than a second is a second where there are many days.
def humanize(delta):
    sign = ""
    if delta < timedelta(0):
        sign = "-"
        delta = -delta
    total = round(delta.total_seconds(), 3)
    minutes, seconds = divmod(int(total), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")) if count]
    return sign + (" ".join(parts) or "0s")
