# int and back: underscores and signs go, but a text that is too long for int raises.
def is_release(text, parts=3):
    if not text.startswith("v"):
        return False
    numbers = text[1:].split(".")
    if parts and len(numbers) != parts:
        return False
    for number in numbers:
        if not (number.isascii() and number.isdecimal()):
            return False
        if str(int(number)) != number:
            return False
    return True
