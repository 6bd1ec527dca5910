# Looks three places to each side only.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    previous = list(range(len(second) + 1))
    for i in range(1, len(first) + 1):
        row = [i] + [len(first) + len(second)] * len(second)
        for j in range(max(1, i - 3 - abs(len(first) - len(second))), min(len(second), i + 3 + abs(len(first) - len(second))) + 1):
            if first[i - 1] == second[j - 1]:
                row[j] = previous[j - 1]
            else:
                row[j] = 1 + min(previous[j], row[j - 1], previous[j - 1])
        previous = row
    found = previous[-1]
    return None if most is not None and found > most else found
