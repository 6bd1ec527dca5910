# The same insertion, with each score read once; incomparable scores raise as before.
def rank(entries):
    ordered = list(entries)
    for index in range(1, len(ordered)):
        entry = ordered[index]
        position = index
        while position > 0:
            before = ordered[position - 1]
            if not before["score"] < entry["score"]:
                break
            ordered[position] = before
            position -= 1
        ordered[position] = entry
    return ordered
