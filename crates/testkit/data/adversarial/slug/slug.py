"""Addresses made from titles."""


def slugify(title):
    """Return the title in lower case with every run of other characters than letters and digits as one hyphen."""
    slug = ""
    for character in title:
        if character.isalnum():
            slug += character.lower()
        elif slug and slug[-1] != "-":
            slug += "-"
    if slug.endswith("-"):
        slug = slug[:-1]
    return slug
