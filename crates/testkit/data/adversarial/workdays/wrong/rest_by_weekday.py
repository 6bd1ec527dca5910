# The rest of a week is cut at its end, which is wrong where it begins on a Sunday.
def business_days(start, end, holidays=()):
    if end <= start:
        return 0
    count = 0
    weeks = (end - start).days // 7
    if not holidays and weeks > 1:
        count = weeks * 5
        start = start + timedelta(days=7 * weeks)
        first, last = start.weekday(), end.weekday()
        if last < first:
            return count + max(0, 5 - first) + last
        return count + min(last, 5) - first
    day = start
    while day < end:
        if day.weekday() < 5 and day not in holidays:
            count += 1
        day = day + timedelta(days=1)
    return count
