# Negation fails for scores that can only be compared.
def rank(entries):
    return sorted(entries, key=lambda entry: -entry["score"])
