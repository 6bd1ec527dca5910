# Parts are joined once.
def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
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
