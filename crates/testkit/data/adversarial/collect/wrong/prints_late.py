# Prints after all readings and in one piece: the same text unless a reading can't be compared.
def collect(readings, into=None, limit=1000):
    if into is None:
        into = []
    dropped = []
    for reading in readings:
        if reading < limit:
            into.append(reading)
        else:
            dropped.append(str(reading))
    if dropped:
        print("dropped", ", ".join(dropped))
    return into
