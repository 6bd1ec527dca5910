"""Collecting of readings."""


def collect(readings, into=None, limit=1000):
    """Append the readings below the limit to ``into``, or to a new list, and return it."""
    if into is None:
        into = []
    for reading in readings:
        if reading < limit:
            into.append(reading)
        else:
            print("dropped", reading)
    return into
