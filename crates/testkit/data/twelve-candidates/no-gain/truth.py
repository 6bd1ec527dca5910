def field_counts(text):
    """How often each field name occurs, in the order in which they appear first."""
    names = []
    for line in text.splitlines():
        for part in line.split(";"):
            name = part.split("=")[0].strip().lower()
            if name:
                names.append(name)
    counts = {}
    for name in names:
        counts[name] = names.count(name)
    return counts
