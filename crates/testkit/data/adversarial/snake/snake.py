"""Names in another form."""


def to_snake(name):
    """Return a name with its humps as underscores: `fooBar` is `foo_bar`."""
    result = ""
    for index in range(len(name)):
        char = name[index]
        if "A" <= char <= "Z":
            if index > 0 and name[index - 1] != "_":
                result = result + "_"
            result = result + char.lower()
        else:
            result = result + char
    return result
