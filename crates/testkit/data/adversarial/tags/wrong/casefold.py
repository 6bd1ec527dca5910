# casefold is not lower: it turns the German sharp s into ss.
def normalize(tags):
    return list(dict.fromkeys(clean for clean in (tag.strip().casefold() for tag in tags) if clean))
