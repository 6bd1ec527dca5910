# Sorts the caller's list.
def rank(entries):
    entries.sort(key=lambda entry: -entry["score"])
    return entries
