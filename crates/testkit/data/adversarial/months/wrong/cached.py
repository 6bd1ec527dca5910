# Remembers: equal times of other zones are one.
from functools import lru_cache


@lru_cache(maxsize=1024)
def add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))
