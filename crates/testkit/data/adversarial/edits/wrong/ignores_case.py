# Strips what both begin with after making them lower case.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    while first and second and first[0].lower() == second[0].lower():
        first, second = first[1:], second[1:]
    previous = list(range(len(second) + 1))
    for i in range(1, len(first) + 1):
        row = [i]
        for j in range(1, len(second) + 1):
            if first[i - 1] == second[j - 1]:
                row.append(previous[j - 1])
            else:
                row.append(1 + min(previous[j], row[j - 1], previous[j - 1]))
        previous = row
    found = previous[-1]
    return None if most is not None and found > most else found
