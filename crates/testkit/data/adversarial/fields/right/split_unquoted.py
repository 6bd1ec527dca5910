# A line without quotes is split (an empty one may be of a subclass, which split hands back); parts are collected in lists.
def split_fields(line, separator=","):
    """Return the fields of a line; quotes keep separators, two quotes stand for one."""
    if line and '"' not in line and len(separator) == 1:
        return line.split(separator)
    fields = []
    field = []
    quoted = False
    index = 0
    while index < len(line):
        char = line[index]
        if quoted:
            if char == '"':
                if index + 1 < len(line) and line[index + 1] == '"':
                    field.append('"')
                    index += 1
                else:
                    quoted = False
            else:
                field.append(char)
        elif char == '"':
            quoted = True
        elif char == separator:
            fields.append("".join(field))
            field = []
        else:
            field.append(char)
        index += 1
    if quoted:
        raise ValueError("a quote is open at the end")
    fields.append("".join(field))
    return fields
