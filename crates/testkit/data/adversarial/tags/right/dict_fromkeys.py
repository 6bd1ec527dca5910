# A dict keeps the order of first use.
def normalize(tags):
    return list(dict.fromkeys(clean for clean in (tag.strip().lower() for tag in tags) if clean))
