# Two rows in place of the whole table.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    previous = list(range(len(second) + 1))
    for i in range(1, len(first) + 1):
        one = first[i - 1]
        row = [i]
        for j in range(1, len(second) + 1):
            if one == second[j - 1]:
                row.append(previous[j - 1])
            else:
                row.append(1 + min(previous[j], row[j - 1], previous[j - 1]))
        previous = row
    found = previous[-1]
    if most is not None and found > most:
        return None
    return found
