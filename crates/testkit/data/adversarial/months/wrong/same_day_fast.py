# Days up to 28 need no look at the month; the rest goes to the last day of that month.
def add_months(day, months):
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    month += 1
    number = day.day
    if number > 28:
        last = monthrange(year, month)[1]
        number = last if number > 30 or number > last else number
        if number == 29 and month != 2:
            number = last if last < 29 else 29
    return day.replace(year=year, month=month, day=number)
