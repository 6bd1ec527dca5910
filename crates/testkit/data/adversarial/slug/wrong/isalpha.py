# Digits become hyphens.
def slugify(title):
    text = "".join(c.lower() if c.isalpha() else " " for c in title)
    return "-".join(text.split())
