# Sorting upwards and reversing turns ties around.
def rank(entries):
    ordered = sorted(entries, key=lambda entry: entry["score"])
    ordered.reverse()
    return ordered
