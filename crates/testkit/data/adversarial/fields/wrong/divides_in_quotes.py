# Divides at separators inside quotes too.
def split_fields(line, separator=","):
    """Return the fields of a line; quotes keep separators, two quotes stand for one."""
    fields, field, quoted, index = [], "", False, 0
    if line.count('"') % 2:
        raise ValueError("a quote is open at the end")
    while index < len(line):
        char = line[index]
        if char == '"':
            if quoted and line[index + 1 : index + 2] == '"':
                field += '"'
                index += 1
            else:
                quoted = not quoted
        elif char == separator:
            fields.append(field)
            field = ""
        else:
            field += char
        index += 1
    return fields + [field]
