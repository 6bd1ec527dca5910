# Copies of the entries: equal, but others.
def rank(entries):
    return [dict(entry) for entry in sorted(entries, key=lambda entry: entry["score"], reverse=True)]
