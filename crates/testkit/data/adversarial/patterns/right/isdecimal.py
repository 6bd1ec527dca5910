# The class of digits by isascii and isdecimal.
def is_release(text, parts=3):
    if not text.startswith("v"):
        return False
    numbers = text[1:].split(".")
    if parts and len(numbers) != parts:
        return False
    for number in numbers:
        if number == "":
            return False
        if not (number.isascii() and number.isdecimal()):
            return False
        if len(number) > 1 and number[0] == "0":
            return False
    return True
