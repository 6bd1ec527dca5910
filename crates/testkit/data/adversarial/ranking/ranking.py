"""Ranking of results."""


def rank(entries):
    """Return the entries by falling score; equal scores keep their order."""
    ordered = list(entries)
    for index in range(1, len(ordered)):
        entry = ordered[index]
        position = index
        while position > 0 and ordered[position - 1]["score"] < entry["score"]:
            ordered[position] = ordered[position - 1]
            position -= 1
        ordered[position] = entry
    return ordered
