# isupper knows more capitals than A to Z.
def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
    parts = []
    previous = "_"
    for char in name:
        if char.isupper():
            if previous != "_":
                parts.append("_")
            parts.append(char.lower())
        else:
            parts.append(char)
        previous = char
    return "".join(parts)
