def field_counts(text):
    """How often each field name occurs, in the order in which they appear first."""
    counts = {}
    for line in text.splitlines():
        for part in line.split(";"):
            name = part.split("=", 1)[0].strip().lower()
            if name:
                if name in counts:
                    counts[name] += 1
                else:
                    counts[name] = 1
    return counts
