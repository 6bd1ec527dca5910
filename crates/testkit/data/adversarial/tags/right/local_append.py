# The same with bound methods and a dict.
def normalize(tags):
    seen = {}
    for tag in tags:
        clean = tag.strip().lower()
        if clean:
            seen.setdefault(clean)
    return list(seen)
