# Counts the weekday along; the step is made once.
def business_days(start, end, holidays=()):
    count = 0
    day = start
    if not day < end:
        return count
    weekday = day.weekday()
    step = timedelta(days=1)
    while day < end:
        if weekday < 5 and day not in holidays:
            count += 1
        weekday = weekday + 1 if weekday < 6 else 0
        day += step
    return count
