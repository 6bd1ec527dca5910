# Strips blanks alone, not tabs and newlines.
def normalize(tags):
    return list(dict.fromkeys(clean for clean in (tag.strip(" ").lower() for tag in tags) if clean))
