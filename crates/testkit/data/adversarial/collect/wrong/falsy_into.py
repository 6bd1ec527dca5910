# An empty list of the caller's is taken for none.
def collect(readings, into=None, limit=1000):
    into = into or []
    for reading in readings:
        if reading < limit:
            into.append(reading)
        else:
            print("dropped", reading)
    return into
