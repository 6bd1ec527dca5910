# Takes away each holiday in the range, those on weekends too.
def business_days(start, end, holidays=()):
    if end <= start:
        return 0
    days = (end - start).days
    if start + timedelta(days=days) < end:
        days += 1
    weeks, rest = divmod(days, 7)
    first = start.weekday()
    count = weeks * 5 + sum((first + step) % 7 < 5 for step in range(rest))
    left = []
    for day in holidays:
        if start <= day < end and (day - start) == timedelta(days=(day - start).days) and day not in left:
            left.append(day)
    return count - len(left)
