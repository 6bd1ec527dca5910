# A new object of its type: the time zone, the fold and what the class keeps besides is lost.
from datetime import datetime


def add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    last = monthrange(year, month)[1]
    if isinstance(day, datetime):
        return datetime(year, month, min(day.day, last), day.hour, day.minute, day.second, day.microsecond)
    return type(day)(year, month, min(day.day, last))
