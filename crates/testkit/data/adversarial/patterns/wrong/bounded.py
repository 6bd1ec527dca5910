# A number has at most nine digits.
def is_release(text, parts=3):
    if re.fullmatch(r"v(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8}))*", text) is None:
        return False
    return not parts or text.count(".") + 1 == parts
