"""Working days."""

from datetime import timedelta


def business_days(start, end, holidays=()):
    """Count the days from ``start`` up to ``end``, which does not count, that are no weekend and no holiday."""
    count = 0
    day = start
    while day < end:
        if day.weekday() < 5:
            if day not in holidays:
                count = count + 1
        day = day + timedelta(days=1)
    return count
