# Whole years in one step where months is a whole number, as it must be.
def add_months(day, months):
    year, month = day.year, day.month
    step = 1 if months > 0 else -1
    for _ in range(abs(months)):
        month += step
        if month > 12:
            month = 1
            year += 1
        elif month < 1:
            month = 12
            year -= 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))
