# Holidays by ordinal: a time and a date of one day are one.
def business_days(start, end, holidays=()):
    off = [day.toordinal() for day in holidays]
    count = 0
    for ordinal in range(start.toordinal(), end.toordinal()):
        if (ordinal + 6) % 7 < 5 and ordinal not in off:
            count += 1
    return count
