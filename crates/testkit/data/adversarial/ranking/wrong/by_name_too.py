# Ties by name, which the tests' names hide up to ten.
def rank(entries):
    return sorted(entries, key=lambda entry: (-entry["score"], entry["name"]))
