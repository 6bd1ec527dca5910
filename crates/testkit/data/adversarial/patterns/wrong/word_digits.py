# Digits of other scripts.
def is_release(text, parts=3):
    if re.fullmatch(r"v(0|[1-9]\d*)(\.(0|[1-9]\d*))*", text) is None:
        return False
    return not parts or text.count(".") + 1 == parts
