# Saturday counts.
def business_days(start, end, holidays=()):
    count = 0
    day = start
    step = timedelta(days=1)
    while day < end:
        if day.isoweekday() < 7 and day not in holidays:
            count += 1
        day += step
    return count
