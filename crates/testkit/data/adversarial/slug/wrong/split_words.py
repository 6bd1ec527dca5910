# Splitting keeps hyphens only where white space was.
def slugify(title):
    return "-".join("".join(c for c in word if c.isalnum()).lower() for word in title.split()).strip("-")
