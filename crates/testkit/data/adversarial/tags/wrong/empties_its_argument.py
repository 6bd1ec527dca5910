# Pops from the caller's list.
def normalize(tags):
    seen = {}
    tags.reverse()
    while tags:
        clean = tags.pop().strip().lower()
        if clean:
            seen[clean] = None
    return list(seen)
