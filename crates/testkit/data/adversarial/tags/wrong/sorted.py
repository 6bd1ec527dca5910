# Sorted instead of in order of first use.
def normalize(tags):
    return sorted({tag.strip().lower() for tag in tags if tag.strip()})
