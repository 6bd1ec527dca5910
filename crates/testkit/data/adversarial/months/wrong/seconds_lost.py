# Time is kept by hand, without what is less than a second.
from datetime import datetime, time


def add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    last = monthrange(year, month)[1]
    if isinstance(day, datetime):
        return datetime(year, month, min(day.day, last), day.hour, day.minute, day.second)
    return day.replace(year=year, month=month, day=min(day.day, last))
