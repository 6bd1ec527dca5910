"""Dates by months."""

from calendar import monthrange


def add_months(day, months):
    """Return the date some months later, or earlier; the last of a month where it has no such day."""
    year = day.year
    month = day.month
    step = 1 if months > 0 else -1
    for _ in range(abs(months)):
        month = month + step
        if month > 12:
            month = 1
            year = year + 1
        if month < 1:
            month = 12
            year = year - 1
    last = monthrange(year, month)[1]
    return day.replace(year=year, month=month, day=min(day.day, last))
