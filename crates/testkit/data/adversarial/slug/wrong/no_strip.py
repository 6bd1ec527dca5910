# A hyphen stays at the end.
def slugify(title):
    parts = []
    for character in title:
        if character.isalnum():
            parts.append(character.lower())
        elif parts and parts[-1] != "-":
            parts.append("-")
    return "".join(parts)
