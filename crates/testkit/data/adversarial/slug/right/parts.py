# Parts joined once.
def slugify(title):
    parts = []
    hyphen = False
    for character in title:
        if character.isalnum():
            if hyphen and parts:
                parts.append("-")
            hyphen = False
            parts.append(character.lower())
        else:
            hyphen = True
    return "".join(parts)
