# Prints nothing.
def collect(readings, into=None, limit=1000):
    if into is None:
        into = []
    into.extend([reading for reading in readings if reading < limit])
    return into
