def field_counts(text):
    """How often each field name occurs, in the order in which they appear first."""
    found = []
    for row in text.splitlines():
        for field in row.split(";"):
            label = field.split("=")[0].strip().lower()
            if label != "":
                found.append(label)
    totals = {}
    for label in found:
        totals[label] = found.count(label)
    return totals
