# split takes a longer separator, and none at all, otherwise than the loop.
def split_fields(line, separator=","):
    """Return the fields of a line; quotes keep separators, two quotes stand for one."""
    if '"' not in line:
        return line.split(separator)
    fields, field, quoted, index = [], "", False, 0
    while index < len(line):
        char = line[index]
        if quoted:
            if char == '"':
                if line[index + 1 : index + 2] == '"':
                    field += '"'
                    index += 1
                else:
                    quoted = False
            else:
                field += char
        elif char == '"':
            quoted = True
        elif char == separator:
            fields.append(field)
            field = ""
        else:
            field += char
        index += 1
    if quoted:
        raise ValueError("a quote is open at the end")
    return fields + [field]
