# extend with a list adds nothing if a reading in the middle raises; the loop had added those before it.
def collect(readings, into=None, limit=1000):
    if into is None:
        into = []
    readings = list(readings)
    into += [reading for reading in readings if reading < limit]
    for reading in readings:
        if not reading < limit:
            print("dropped", reading)
    return into
