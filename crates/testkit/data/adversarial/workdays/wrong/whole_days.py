# The days between two times are rounded down: a day that has begun counted.
def business_days(start, end, holidays=()):
    count = 0
    first = start.weekday()
    for step in range((end - start).days):
        if (first + step) % 7 < 5 and start + timedelta(days=step) not in holidays:
            count += 1
    return count
