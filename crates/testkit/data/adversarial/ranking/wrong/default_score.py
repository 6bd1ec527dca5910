# A missing score counts as 0 and no longer raises.
def rank(entries):
    return sorted(entries, key=lambda entry: entry.get("score", 0), reverse=True)
