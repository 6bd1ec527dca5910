# The caller's list is copied, not filled.
def collect(readings, into=None, limit=1000):
    result = list(into) if into is not None else []
    for reading in readings:
        if reading < limit:
            result.append(reading)
        else:
            print("dropped", reading)
    return result
