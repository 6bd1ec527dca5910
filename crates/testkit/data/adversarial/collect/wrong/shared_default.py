# The default list lives on from call to call.
def collect(readings, into=None, limit=1000, _kept=[]):
    if into is None:
        into = _kept
    into.extend(reading for reading in readings if reading < limit)
    return into
