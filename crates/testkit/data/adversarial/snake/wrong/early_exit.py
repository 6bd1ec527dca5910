# Gives back what is lower case already: but lower case letters may be others than a to z, and capitals too.
def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
    if name.lower() == name or len(name) > 400:
        return name
    parts = []
    previous = "_"
    for char in name:
        if "A" <= char <= "Z":
            if previous != "_":
                parts.append("_")
            parts.append(char.lower())
        else:
            parts.append(char)
        previous = char
    return "".join(parts)
