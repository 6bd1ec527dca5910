# Every fourth year is a leap year: 1900 and 2100 are none.
def add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    if month == 2:
        last = 28 if year % 4 else 29
    else:
        last = 30 if month in (4, 6, 9, 11) else 31
    return day.replace(year=year, month=month, day=min(day.day, last))
