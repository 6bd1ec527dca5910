# Characters that are no letters or digits become blanks; split closes the gaps.
def slugify(title):
    cleaned = [character.lower() if character.isalnum() else None for character in title]
    parts = []
    for character in cleaned:
        if character is not None:
            parts.append(character)
        elif parts and parts[-1] != "-":
            parts.append("-")
    if parts and parts[-1] == "-":
        parts.pop()
    return "".join(parts)
