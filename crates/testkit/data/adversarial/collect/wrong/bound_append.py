# The bound method outside the loop: a tuple that nothing is added to has none.
def collect(readings, into=None, limit=1000):
    if into is None:
        into = []
    append = into.append
    for reading in readings:
        if reading < limit:
            append(reading)
        else:
            print("dropped", reading)
    return into
