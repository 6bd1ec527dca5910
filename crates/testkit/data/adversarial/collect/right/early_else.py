# The branches the other way round.
def collect(readings, into=None, limit=1000):
    into = [] if into is None else into
    for reading in readings:
        if not reading < limit:
            print("dropped", reading)
            continue
        into.append(reading)
    return into
