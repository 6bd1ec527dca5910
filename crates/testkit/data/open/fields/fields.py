"""Lines of fields."""


def split_fields(line, separator=","):
    """Return the fields of a line; quotes keep separators, two quotes stand for one."""
    fields = []
    field = ""
    quoted = False
    index = 0
    while index < len(line):
        char = line[index]
        if quoted:
            if char == '"':
                if index + 1 < len(line) and line[index + 1] == '"':
                    field = field + '"'
                    index = index + 1
                else:
                    quoted = False
            else:
                field = field + char
        elif char == '"':
            quoted = True
        elif char == separator:
            fields = fields + [field]
            field = ""
        else:
            field = field + char
        index = index + 1
    if quoted:
        raise ValueError("a quote is open at the end")
    fields = fields + [field]
    return fields
