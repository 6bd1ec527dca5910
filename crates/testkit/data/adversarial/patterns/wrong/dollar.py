# A dollar stands before a last end of line, too.
def is_release(text, parts=3):
    if re.match(r"v(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$", text) is None:
        return False
    return not parts or text.count(".") + 1 == parts
