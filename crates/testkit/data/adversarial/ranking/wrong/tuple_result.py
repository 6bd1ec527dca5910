# A tuple for a list.
def rank(entries):
    return tuple(sorted(entries, key=lambda entry: entry["score"], reverse=True))
