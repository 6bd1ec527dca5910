# So does isdigit, with superscripts.
def is_release(text, parts=3):
    if text[:1] != "v":
        return False
    numbers = text[1:].split(".")
    if parts and len(numbers) != parts:
        return False
    for number in numbers:
        if not number.isdigit() or number[0] == "0" and number != "0":
            return False
    return True
