# Two neighbours that changed places count as one edit.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    before, previous = None, list(range(len(second) + 1))
    for i in range(1, len(first) + 1):
        row = [i]
        for j in range(1, len(second) + 1):
            cost = first[i - 1] != second[j - 1]
            best = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost)
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, previous = previous, row
    found = previous[-1]
    return None if most is not None and found > most else found
