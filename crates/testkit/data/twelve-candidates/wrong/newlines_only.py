def field_counts(text):
    """How often each field name occurs, in the order in which they appear first."""
    counts = {}
    for line in text.split("\n"):
        for part in line.split(";"):
            name = part.split("=")[0].strip().lower()
            if name != "":
                counts[name] = counts.get(name, 0) + 1
    return counts
