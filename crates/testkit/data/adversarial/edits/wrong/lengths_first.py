# Gives up by the difference of the lengths, one too early.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    if most is not None and abs(len(first) - len(second)) >= most:
        return None
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
