# The least of three by comparisons; rows are built by zip.
def distance(first, second, most=None):
    """Return the least number of edits between two texts, or None if there are more than `most`."""
    width = len(second) + 1
    previous = list(range(width))
    for i in range(len(first)):
        one = first[i]
        left = i + 1
        row = [left]
        for j in range(1, width):
            diagonal = previous[j - 1]
            if one != second[j - 1]:
                above = previous[j]
                if above < diagonal:
                    diagonal = above
                if left < diagonal:
                    diagonal = left
                diagonal += 1
            left = diagonal
            row.append(left)
        previous = row
    found = previous[width - 1]
    if most is not None and found > most:
        return None
    return found
