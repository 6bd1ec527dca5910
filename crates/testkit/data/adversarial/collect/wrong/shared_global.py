# So does a module's list.
_kept = []


def collect(readings, into=None, limit=1000):
    if into is None:
        into = _kept
    for reading in readings:
        if reading < limit:
            into.append(reading)
        else:
            print("dropped", reading)
    return into
