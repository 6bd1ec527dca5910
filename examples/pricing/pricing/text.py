"""Reading of what suppliers send."""

import re


def product_code(text):
    """Return the letters and digits of a supplier's text in upper case."""
    code = ""
    for character in text:
        if character not in " -_./":
            code += character.upper()
    return code


def parse_fields(lines):
    """Return the ``name=value`` fields of each line as dictionaries; other text is skipped."""
    records = []
    for line in lines:
        field = re.compile(r"\s*([a-z_]+)\s*=\s*([^;]*);?")
        record = {}
        for name, value in field.findall(line):
            record[name] = value.strip()
        records.append(record)
    return records
