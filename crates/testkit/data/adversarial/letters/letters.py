"""Text from code points."""


def text_of(codes, start=0):
    """The text that code points spell, from a place on."""
    text = ""
    for place in list(range(start, len(codes))):
        text = text + chr(codes[place])
    return text
